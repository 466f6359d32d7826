import { must } from './process.mjs';
import { published } from './published.mjs';

/** Packs every package as npm would publish it into a folder, and gives their names, tarballs (`filename`) and `files`. */
export async function pack(destination) {
  const names = published.flatMap(({ manifest }) => ['--workspace', manifest.name]);
  const packed = JSON.parse((await must('npm', ['pack', '--json', '--pack-destination', destination, ...names])).output);
  return Array.isArray(packed) ? packed : Object.values(packed);
}

/** Installs what a folder's package.json says, from npm's cache as far as that goes. */
export const install = folder =>
  must('npm', ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: folder });
