/** The version of this package, which tells copies of it apart. */
export const VERSION: string = '0.1.0';
