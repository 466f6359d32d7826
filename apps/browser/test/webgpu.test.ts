/** gpu.js in WebGPU, where Chromium offers an adapter. */
import { test } from 'vitest';
import { expectConformance, expectNothingLeft, expectTraining, inChromium, soak } from './browser.js';

const webgpu = { kind: 'gpujs', mode: 'webgpu' } as const;

inChromium('gpujs in WebGPU', page => {
  test('trains LeNet-5 to the losses of cpu', async ({ skip }) => {
    skip(!(await page().hasWebGpu()), 'this Chromium offers no WebGPU adapter');
    await expectTraining(page(), webgpu, 'webgpu', 1e-3);
  }, 240_000);
  test(`passes the conformance table${soak ? '' : ', the ops that networks need'}`, async ({ skip }) => {
    skip(!(await page().hasWebGpu()), 'this Chromium offers no WebGPU adapter');
    await expectConformance(page(), webgpu);
  }, 1_800_000);
  test.runIf(soak)(
    'leaves nothing behind in 500 steps',
    async ({ skip }) => {
      skip(!(await page().hasWebGpu()), 'this Chromium offers no WebGPU adapter');
      await expectNothingLeft(page(), webgpu);
    },
    1_800_000,
  );
});
