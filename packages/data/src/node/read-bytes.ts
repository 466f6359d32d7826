import { readFile, stat } from 'node:fs/promises';
import { FormatError } from '@cnn/tensor';

/** A file's bytes. Throws a {@link FormatError} that names it if it is missing, no file, or has more than `maxBytes`. */
export async function readBytes(file: string, maxBytes: number): Promise<Uint8Array> {
  const found = await stat(file).catch(() => undefined);
  if (!found) throw new FormatError(file, 'no such file');
  if (!found.isFile()) throw new FormatError(file, 'not a file');
  if (found.size > maxBytes) throw new FormatError(file, `${found.size} bytes; at most ${maxBytes} are read`);
  return readFile(file);
}
