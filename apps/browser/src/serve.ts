import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** A page on a local server. */
export interface Served {
  readonly url: string;
  close(): void;
}

const source = fileURLToPath(new URL('../page', import.meta.url));

/** The files of the page by path, bundled from the packages' sources. */
async function bundle(): Promise<ReadonlyMap<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: [`${source}/page.ts`, `${source}/worker.ts`],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    outdir: '/',
    write: false,
    logLevel: 'silent',
    conditions: ['@cnn/source'],
  });
  return new Map(outputFiles.map(({ path, contents }) => [path, contents]));
}

/**
 * Serves the page.
 *
 * @param isolated - With the headers that make it cross-origin isolated, which shared memory, and so threads, need.
 */
export async function servePage({ isolated }: { readonly isolated: boolean }): Promise<Served> {
  const files = await bundle();
  const html = '<!doctype html><title>cnn</title><script type="module" src="/page.js"></script>';
  const server = createServer(({ url = '/' }, response) => {
    const script = files.get(url);
    response.writeHead(script || url === '/' ? 200 : 404, {
      'content-type': script ? 'text/javascript' : 'text/html',
      ...(isolated && { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }),
    });
    response.end(script ?? (url === '/' ? html : ''));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => void server.close() };
}
