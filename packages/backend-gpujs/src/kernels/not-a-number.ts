/**
 * Statements that set `flag` to 1 where `x` is a number or an infinity, and to 0 where it is NaN. Compilers of shaders may take `x !== x` for
 * false; what `infinity` is they cannot know.
 */
export const isNumber = (flag: string, x: string): string => `let ${flag} = 0;\nif (${x} <= infinity) { ${flag} = 1; }`;
