import { FormatError } from '@cnn/tensor';
import { unpackTar } from 'modern-tar';
import { unpacked } from './gzip.js';

/** A file of an archive. */
export interface ArchiveFile {
  /** Its path in the archive, with '/'. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * The plain files of a tar archive, plain or gzip, in its order. Links and devices are left out.
 *
 * @param source - The archive's name, for messages.
 * @throws {FormatError} for a truncated archive or a header with a wrong checksum, and for one without any entry.
 */
export async function untar(bytes: Uint8Array, source: string): Promise<ArchiveFile[]> {
  const archive = await unpacked(bytes, source);
  const entries = await unpackTar(archive, { strict: true }).catch((cause: unknown) => {
    throw new FormatError(source, `damaged tar archive (${(cause as Error).message})`, undefined, { cause });
  });
  if (entries.length === 0) throw new FormatError(source, 'a tar archive without entries');
  return entries.flatMap(({ header, data }) => (header.type === 'file' && data ? [{ path: header.name, bytes: data }] : []));
}
