import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from './input-error.js';
import type { Files } from './template.js';

/**
 * Writes files into a new folder, or into one that is empty: all of them or none, under another name first.
 *
 * @throws {InputError} if there is a file of this name, or a folder with something in it.
 */
export function create(folder: string, files: Files): void {
  const target = resolve(folder);
  const isThere = statSync(target, { throwIfNoEntry: false }) !== undefined;
  if (isThere) refuseUsed(folder, target);
  const made = mkdirSync(dirname(target), { recursive: true });
  const temporary = join(dirname(target), `.${basename(target)}-${process.pid}`);
  try {
    mkdirSync(temporary);
    for (const [path, text] of files) {
      mkdirSync(dirname(join(temporary, path)), { recursive: true });
      writeFileSync(join(temporary, path), text);
    }
    if (isThere) moveInto(target, temporary);
    else renameSync(temporary, target);
  } catch (error) {
    rmSync(made ?? temporary, { recursive: true, force: true });
    throw error;
  }
}

/** A folder that is there may be the one where the command runs, which cannot be replaced. */
function moveInto(target: string, temporary: string): void {
  try {
    for (const name of readdirSync(temporary)) renameSync(join(temporary, name), join(target, name));
    rmSync(temporary, { recursive: true });
  } catch (error) {
    for (const name of readdirSync(target)) rmSync(join(target, name), { recursive: true });
    throw error;
  }
}

function refuseUsed(folder: string, target: string): void {
  if (!statSync(target).isDirectory()) throw new InputError(`${folder} is there already, and is no folder`);
  if (readdirSync(target).length > 0)
    throw new InputError(`the folder ${folder} is there already, and is not empty; give another, as --dir other`);
}
