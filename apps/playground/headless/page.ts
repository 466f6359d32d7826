/** The built page in a headless browser, for tests and for pictures of it. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { build } from 'vite';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where Chromium is; undefined if it is not installed. The variable CHROMIUM names another place. */
export const chromiumPath: string | undefined = [process.env.CHROMIUM, ...places].find(path => path && existsSync(path));

/** Served files and a browser. */
export interface Headless {
  readonly url: string;
  /** The folder of the built page. */
  readonly folder: string;
  /** A page in a profile of its own, with the network on the generated digits ready. Faults of the page are gathered in `faults`. */
  open(options?: BrowserContextOptions, fragment?: string): Promise<Page>;
  readonly faults: string[];
  /** Takes the files away, as a host that is down. */
  stopServing(): Promise<void>;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

/** Builds the page into a folder of its own, serves that as a host that sends no headers, and starts Chromium. */
export async function startHeadless(): Promise<Headless> {
  const folder = await mkdtemp(join(tmpdir(), 'cnn-playground-'));
  await build({
    root: fileURLToPath(new URL('..', import.meta.url)),
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true },
  });
  const server = createServer(async ({ url = '/' }, response) => {
    const path = new URL(url, 'http://host').pathname;
    const file = join(folder, path === '/' ? 'index.html' : path);
    const content = await readFile(file).catch(() => undefined);
    response.writeHead(content ? 200 : 404, { 'content-type': types[extname(file)] ?? 'application/octet-stream' });
    response.end(content);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const browser: Browser = await chromium.launch({
    ...(chromiumPath && { executablePath: chromiumPath }),
    // WebGL by the CPU where a page asks for it, and not for drawing the page itself.
    args: [
      '--no-sandbox',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
      '--disable-gpu-compositing',
      '--disable-gpu-rasterization',
    ],
  });
  const faults: string[] = [];
  return {
    url,
    folder,
    faults,
    async open(options = {}, fragment = '') {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      page.on('pageerror', error => faults.push(error.message));
      page.setDefaultTimeout(60_000);
      await page.goto(url + fragment);
      await page.locator('.run-bar .primary:enabled').waitFor();
      return page;
    },
    stopServing: () => stop(server),
    async close() {
      await browser.close();
      await stop(server);
      await rm(folder, { recursive: true });
    },
  };
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise(resolve => server.close(() => resolve()));
}
