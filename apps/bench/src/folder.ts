import { fileURLToPath } from 'node:url';

/** A path in the folder of this application, for the sources and for what they are built to. */
export const inFolder = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
