import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import type { Task } from '../page/task.js';
import { servePage } from './serve.js';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where Chromium is; undefined if it is not installed. The variable CHROMIUM names another place. */
export const chromiumPath: string | undefined = [process.env.CHROMIUM, ...places].find(path => path && existsSync(path));

/** A page in a browser of its own. */
export interface Page {
  /** Whether the page may share memory between threads. */
  isolated(): Promise<boolean>;
  /** Whether the browser offers a GPU to WebGPU. */
  hasWebGpu(): Promise<boolean>;
  /** What draws WebGL, as its driver calls itself. */
  renderer(): Promise<string>;
  run<T>(task: Task): Promise<T>;
  close(): Promise<void>;
}

/** Flags that let Chromium draw with the CPU, the same everywhere, or with the machine's GPU. */
const drawing = {
  cpu: ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--enable-unsafe-webgpu'],
  gpu: [
    '--use-angle=vulkan',
    '--enable-features=Vulkan',
    '--disable-vulkan-surface',
    '--ignore-gpu-blocklist',
    '--enable-unsafe-webgpu',
  ],
};

/**
 * Starts Chromium without a window and opens the page.
 *
 * @param options - `isolated`: the page may share memory; default true. `draw`: what WebGL and WebGPU run on; default `cpu`.
 */
export async function openPage({
  isolated = true,
  draw = 'cpu',
}: {
  readonly isolated?: boolean;
  readonly draw?: keyof typeof drawing;
} = {}): Promise<Page> {
  const served = await servePage({ isolated });
  let browser: Browser | undefined;
  try {
    browser = await chromium.launch({
      ...(chromiumPath && { executablePath: chromiumPath }),
      args: ['--no-sandbox', ...drawing[draw]],
    });
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', error => void faults.push(error.message));
    await page.goto(served.url);
    await page.waitForFunction('globalThis.runTask');
    return {
      isolated: () => page.evaluate(() => globalThis.crossOriginIsolated),
      hasWebGpu: () =>
        page.evaluate(async () => {
          const { gpu } = navigator as unknown as { gpu?: { requestAdapter(): Promise<object | null> } };
          return Boolean(await gpu?.requestAdapter());
        }),
      renderer: () =>
        page.evaluate(() => {
          const gl = document.createElement('canvas').getContext('webgl2');
          const names = gl?.getExtension('WEBGL_debug_renderer_info');
          return gl && names ? String(gl.getParameter(names.UNMASKED_RENDERER_WEBGL)) : 'none';
        }),
      async run<T>(task: Task) {
        const result = await page.evaluate(
          task => (globalThis as unknown as { runTask(task: Task): Promise<unknown> }).runTask(task),
          task,
        );
        if (faults.length > 0) throw new Error(`the page: ${faults.join('; ')}`);
        return result as T;
      },
      async close() {
        await browser?.close();
        served.close();
      },
    };
  } catch (error) {
    await browser?.close();
    served.close();
    throw error;
  }
}
