import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { CnnError, FormatError } from '@cnn/tensor';
import { removeOldPartials, writeWhole } from '@cnn/tensor/node';
import type { OnProgress } from '../progress.js';

/** A download that failed: no answer, an HTTP error, a connection that broke, or a disk that could not be written. */
export class DownloadError extends CnnError {
  override name = 'DownloadError';

  /**
   * @param address - What was downloaded.
   * @param problem - What went wrong.
   */
  constructor(
    readonly address: string,
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(`${address}: ${problem}`, options);
  }
}

/** Options of {@link download}. */
export interface DownloadOptions {
  /** Addresses of the same file; the next is tried when one fails. */
  readonly addresses: readonly string[];
  /** Where to put it; its folder is made. */
  readonly file: string;
  /** The MD5 it must have, in hexadecimal. */
  readonly md5: string;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
  /** Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
}

/** No file here is larger than a fifth of it. */
const MAX_BYTES = 2 ** 30;

/**
 * Downloads a file and checks it. The file appears under its name only when it is whole and its checksum is right.
 *
 * @throws {DownloadError} if no address gives it, or if the disk cannot take it.
 * @throws {FormatError} if the only address gives it with another checksum; of several, the DownloadError says it.
 * @throws the signal's reason when aborted.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { addresses, file, signal } = options;
  await prepare(dirname(file));
  const failures: Error[] = [];
  for (const address of addresses) {
    try {
      await writeWhole(file, append => fetchInto(address, options, append));
      return;
    } catch (error) {
      signal?.throwIfAborted();
      failures.push(
        error instanceof CnnError ? error : new DownloadError(address, `${reason(error)} (writing ${file})`, { cause: error }),
      );
    }
  }
  if (failures.length === 1) throw failures[0]!;
  throw new DownloadError(basename(file), `no address gave it: ${failures.map(failure => failure.message).join('; ')}`, {
    cause: new AggregateError(failures),
  });
}

async function prepare(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await removeOldPartials(folder);
  } catch (cause) {
    throw new DownloadError(folder, `the folder cannot be used (${reason(cause)})`, { cause });
  }
}

async function fetchInto(
  address: string,
  { file, md5, onProgress, signal, fetch = globalThis.fetch }: DownloadOptions,
  append: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  // A server or proxy that packs the file once more would hide its length.
  const request = { headers: { 'accept-encoding': 'identity' }, ...(signal && { signal }) };
  const response = await fetch(address, request).catch((cause: unknown) => {
    throw new DownloadError(address, `no answer (${reason(cause)})`, { cause });
  });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new DownloadError(address, `HTTP status ${response.status} ${response.statusText}`.trimEnd());
  }
  const length = response.headers.get('content-length');
  const total = length !== null && !response.headers.has('content-encoding') ? Number(length) : undefined;
  const hash = createHash('md5');
  const name = basename(file);
  const reader = response.body.getReader();
  let done = 0;
  for (;;) {
    const chunk = await reader.read().catch((cause: unknown) => {
      throw new DownloadError(address, `the connection broke after ${done} of ${total ?? 'unknown'} bytes (${reason(cause)})`, {
        cause,
      });
    });
    if (chunk.done) break;
    done += chunk.value.length;
    if (done > MAX_BYTES) {
      await reader.cancel();
      throw new DownloadError(address, `more than ${MAX_BYTES} bytes`);
    }
    hash.update(chunk.value);
    await append(chunk.value);
    onProgress?.({ stage: 'download', name, done, unit: 'bytes', ...(total !== undefined && { total }) });
  }
  if (total !== undefined && done !== total)
    throw new DownloadError(address, `the connection ended after ${done} of ${total} bytes`);
  const found = hash.digest('hex');
  if (found !== md5) throw new FormatError(address, `wrong checksum: MD5 ${found} of ${done} bytes; published: ${md5}`);
}

/** An error's message with that of its cause: `fetch` says the useful part there. */
function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
