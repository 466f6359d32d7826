/** Each page in Chromium: two bundled by Vite from the packages' sources, one that loads the built files. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuReference } from '@cnn/backend-cpu';
import { conv2d, flatten, initialise, linear, sequential } from '@cnn/layers';
import { writeModel, writeWeights } from '@cnn/layers/node';
import { tensor } from '@cnn/tensor';
import { encode } from 'fast-png';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build, defaultClientConditions, type PreviewServer, preview } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chromiumPath } from '../../browser/src/chromium.js';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const pages = join(repository, 'apps/examples/pages');
const built = existsSync(join(repository, 'packages/layers/dist/index.js'));

describe.skipIf(!chromiumPath)(`pages${chromiumPath ? '' : ' (Chromium is not installed)'}`, () => {
  let browser: Browser;
  let folder: string;
  let server: PreviewServer | undefined;
  let faults: string[];
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox'] });
    folder = await mkdtemp(join(tmpdir(), 'cnn-pages-'));
  });
  beforeEach(() => {
    faults = [];
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    expect(faults).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Bundles a page as `vite build` does, into a folder, from the packages' sources. */
  const bundle = async (name: string): Promise<string> => {
    const outDir = join(folder, name);
    await build({
      root: join(pages, name),
      configFile: false,
      logLevel: 'error',
      resolve: { conditions: ['@cnn/source', ...defaultClientConditions] },
      worker: { format: 'es' },
      build: { outDir, emptyOutDir: true },
    });
    return outDir;
  };

  /** Opens a page of a folder of static files. */
  const open = async (outDir: string, path = ''): Promise<Page> => {
    server = await preview({
      root: pages,
      configFile: false,
      logLevel: 'error',
      build: { outDir },
      preview: { port: 0, host: '127.0.0.1' },
    });
    const page = await browser.newPage();
    page.on('pageerror', error => void faults.push(String(error)));
    await page.goto(server.resolvedUrls!.local[0]! + path);
    return page;
  };

  it('bundler: classifies a photo with the model beside it', async () => {
    const outDir = await bundle('bundler');
    // A net by hand: the first class is what is light, the second what is dark.
    const model = sequential({ conv: conv2d({ filters: 1, kernelSize: 4 }), flat: flatten(), head: linear({ units: 2 }) });
    const backend = cpuReference();
    const net = initialise(model, { backend, input: [1, 4, 4] });
    const values = { 'conv.weight': Array(16).fill(1 / 16), 'conv.bias': [0], 'head.weight': [10, -10], 'head.bias': [-5, 5] };
    for (const variable of net.parameters) {
      variable.assign(
        tensor(backend, values[variable.name as keyof typeof values], { shape: variable.value.shape, dtype: net.dtype }),
      );
    }
    const details = { input: [1, 4, 4], classes: ['light', 'dark'], normalise: { mean: [0.5], deviation: [0.5] } };
    await writeModel(join(outDir, 'model.json'), model, details);
    await writeWeights(join(outDir, 'model.safetensors'), net);

    const page = await open(outDir);
    const photo = (value: number) => ({
      name: 'photo.png',
      mimeType: 'image/png',
      buffer: Buffer.from(encode({ width: 8, height: 8, channels: 1, data: new Uint8Array(64).fill(value) })),
    });
    await page.locator('input').setInputFiles(photo(255));
    // White is 1 after normalising: scores 10 - 5 and -10 + 5, a probability of 1 / (1 + e^-10) = 0.99995.
    await page.getByText('light: 100.0 %').waitFor();
    // 204 / 255 = 0.8 is 0.6: scores 1 and -1, 1 / (1 + e^-2) = 0.8808.
    await page.locator('input').setInputFiles(photo(204));
    await page.getByText('light: 88.1 %').waitFor();
    expect(await page.locator('li').allTextContents()).toEqual(['light: 88.1 %', 'dark: 11.9 %']);
    await page.locator('input').setInputFiles({ ...photo(0), buffer: Buffer.from('no picture') });
    await page.getByText('neither a PNG nor a JPEG file').waitFor();
  });

  it('worker: trains while the page stays', async () => {
    const page = await open(await bundle('worker'));
    await page.getByRole('button').click();
    await page.getByText('of the test images are read right').waitFor({ timeout: 60_000 });
    const lines = (await page.locator('pre').textContent())!.trim().split('\n');
    expect(lines.slice(0, 3).map(line => line.replace(/[\d.]+$/, ''))).toEqual([
      'epoch 1: loss ',
      'epoch 2: loss ',
      'epoch 3: loss ',
    ]);
    expect(Number.parseFloat(lines[3]!)).toBeGreaterThan(70);
    expect(await page.getByRole('button').isEnabled()).toBe(true);
  });

  it.skipIf(!built)(`script-tag: trains without a bundler${built ? '' : ' (not built: npm run build)'}`, async () => {
    const page = await open(repository, 'apps/examples/pages/script-tag/index.html');
    await page.getByText('done').waitFor({ timeout: 60_000 });
    const lines = (await page.locator('pre').textContent())!.trim().split('\n');
    expect(lines).toHaveLength(5);
    expect(Number(lines[3]!.split(' ').at(-1))).toBeLessThan(0.1);
  });
});
