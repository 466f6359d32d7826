/** gpu.js in WebGL2, which Chromium draws with the CPU here. */
import { expect, test } from 'vitest';
import type { LossResult } from '../page/task.js';
import { expectConformance, expectNothingLeft, expectTraining, inChromium, soak } from './browser.js';

const webgl2 = { kind: 'gpujs', mode: 'webgl2' } as const;

inChromium('gpujs in WebGL2', page => {
  test('trains LeNet-5 to the losses of cpu', () => expectTraining(page(), webgl2, 'webgl2', 1e-3), 240_000);
  test(
    `passes the conformance table${soak ? '' : ', the ops that networks need'}`,
    () => expectConformance(page(), webgl2),
    1_800_000,
  );
  test.runIf(soak)('leaves nothing behind in 500 steps', () => expectNothingLeft(page(), webgl2), 1_800_000);
  test('says that the context was lost', async () => {
    const { message } = await page().run<LossResult>({ do: 'lose the context', where: webgl2 });
    expect(message).toMatch(/^BackendError: gpujs:webgl2: the GPU context was lost/);
  }, 60_000);
});
