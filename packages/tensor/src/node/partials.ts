import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes what killed processes left in a folder more than a day ago. */
export async function removeOldPartials(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/^\..*\.partial$/.test(name)) continue;
    const file = join(folder, name);
    const found = await stat(file).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > 86_400_000) await rm(file, { force: true });
  }
}
