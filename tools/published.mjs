/** The packages that are published. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './process.mjs';

/** Each package's folder in the repository, and what its package.json says. */
export const published = ['packages', 'apps']
  .flatMap(group => readdirSync(join(root, group)).map(name => `${group}/${name}`))
  .filter(folder => existsSync(join(root, folder, 'package.json')))
  .map(folder => ({ folder, manifest: JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) }))
  .filter(({ manifest }) => !manifest.private);
