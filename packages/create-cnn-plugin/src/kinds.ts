/** What a plugin can be; each has a folder in templates/. */
export const kinds = ['layer', 'optimizer', 'op', 'backend'] as const;

/** One of {@link kinds}. */
export type Kind = (typeof kinds)[number];
