import { FormatError } from '@cnn/tensor';

/** The most that a gzip file may unpack to, 2 GiB: ten times CIFAR-10, and what a typed array holds everywhere. */
export const MAX_UNPACKED_BYTES = 2 ** 31 - 1;

/** Whether bytes begin as a gzip file does (RFC 1952). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Unpacks a gzip file and checks its CRC and length (RFC 1952).
 *
 * @param source - The file's name, for messages.
 * @param maxBytes - The most it may unpack to, so that a small file cannot fill the memory.
 * @throws {FormatError} for damaged or truncated data, and for more than `maxBytes`.
 */
export async function gunzip(bytes: Uint8Array, source: string, maxBytes = MAX_UNPACKED_BYTES): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw new FormatError(source, `damaged or truncated gzip data (${(cause as Error).message})`, undefined, { cause });
    });
    if (done) break;
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel();
      throw new FormatError(source, `unpacks to more than ${maxBytes} bytes`);
    }
    chunks.push(value);
  }
  const unpacked = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    unpacked.set(chunk, at);
    at += chunk.length;
  }
  return unpacked;
}

/** The bytes themselves, or what they unpack to where they are a gzip file. */
export async function unpacked(bytes: Uint8Array, source: string): Promise<Uint8Array> {
  return isGzip(bytes) ? gunzip(bytes, source) : bytes;
}
