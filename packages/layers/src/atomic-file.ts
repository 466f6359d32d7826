/** Files that are either whole or as they were. */
import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CnnError } from '@cnn/tensor';

/** A file that could not be read or written: it is missing, the disk is full, a folder does not exist. */
export class FileError extends CnnError {
  override name = 'FileError';

  /**
   * @param path - The file.
   * @param problem - What went wrong.
   */
  constructor(
    readonly path: string,
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${problem}`, options);
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A file's bytes. @throws {FileError} if it cannot be read. */
export async function readFileBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new FileError(path, `cannot be read (${reason(cause)})`, { cause });
  }
}

/**
 * Writes a file so that a reader sees the old one or the whole new one: under another name in the same folder, flushed to the
 * disk, then renamed. A failure leaves nothing behind; a killed process leaves a file that ends in `.partial`.
 *
 * @throws {FileError} if it cannot be written; what was there before is unchanged.
 */
export async function writeFileAtomic(path: string, contents: Uint8Array | string): Promise<void> {
  const partial = join(dirname(path), `.${basename(path)}.${randomUUID()}.partial`);
  try {
    const file = await open(partial, 'wx');
    try {
      await file.writeFile(contents);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    throw new FileError(path, `cannot be written (${reason(cause)})`, { cause });
  }
}
