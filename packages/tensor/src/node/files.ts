import { readFile } from 'node:fs/promises';
import { CnnError } from '@cnn/tensor';
import { writeWhole } from './write-whole.js';

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
 * Writes a file so that a reader sees the old one or the whole new one, see {@link writeWhole}.
 *
 * @throws {FileError} if it cannot be written; what was there before is unchanged.
 */
export async function writeFileAtomic(path: string, contents: Uint8Array | string): Promise<void> {
  const bytes = typeof contents === 'string' ? new TextEncoder().encode(contents) : contents;
  try {
    await writeWhole(path, append => append(bytes));
  } catch (cause) {
    throw new FileError(path, `cannot be written (${reason(cause)})`, { cause });
  }
}
