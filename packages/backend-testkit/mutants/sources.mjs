/** The sources of the reference kernels: what is mutated, and what is loaded with it. */
import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../../backend-cpu/src/', import.meta.url);

/** The text of each file by its path without an extension, as `kernels/matmul`. */
export function sources() {
  const kernels = readdirSync(new URL('kernels/', folder)).map(name => `kernels/${name}`);
  const files = [...kernels, 'strided.ts', 'erf.ts'];
  return new Map(files.map(file => [file.replace(/\.ts$/, ''), readFileSync(new URL(file, folder), 'utf8')]));
}

/** The files that are mutated: not the list of the kernels, and not the constants of erf, which are a table. */
export const isMutated = file => file !== 'kernels/index' && file !== 'erf';
