import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Writes a file so that it is either whole or not there: under another name in the same folder, flushed to the disk, then
 * renamed. When `write` or the disk fails, nothing is left. A killed process leaves a file that ends in `.partial`, which
 * nothing reads.
 */
export async function writeWhole(
  file: string,
  write: (append: (chunk: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const partial = join(dirname(file), `.${basename(file)}.${randomUUID()}.partial`);
  try {
    const handle = await open(partial, 'wx');
    try {
      await write(async chunk => {
        for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten;
      });
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
