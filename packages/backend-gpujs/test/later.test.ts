import { gpujs } from '@cnn/backend-gpujs';
import { conformance } from '@cnn/backend-testkit/vitest';
import { ops, tensor } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import { fakeGpu } from './fake-gpu.js';

// There is no WebGPU in Node. What is tested is that a device which answers later works: order, freeing, and late failures.
describe('a device that answers later, as WebGPU', () => {
  const options = { mode: 'webgpu' } as const;

  conformance(() => gpujs({ ...options, gpu: fakeGpu().GPU }), {
    only: ['sort', 'softmaxCrossEntropy', 'maxPool2d', 'adamStep'],
  });

  it('keeps what a launch waits for, and frees it then', async () => {
    const fake = fakeGpu();
    const backend = await gpujs({ ...options, gpu: fake.GPU });
    const x = tensor(backend, [1, 2]);
    const y = ops.neg(x);
    const z = ops.square(y);
    x.dispose();
    y.dispose();
    expect(Array.from(await z.data())).toEqual([1, 4]);
    z.dispose();
    ops.fill(backend, [3], 1).dispose();
    expect(backend.live()).toBe(0);
    await backend.flush();
    expect(fake.arrays).toBe(0);
    await backend.dispose();
  });

  it('tells a late failure where its numbers are read, and once when it is flushed', async () => {
    const fake = fakeGpu({ failing: /Math\.exp/ });
    const backend = await gpujs({ ...options, gpu: fake.GPU });
    const x = tensor(backend, [1, 2]);
    const broken = ops.exp(x);
    const after = ops.add(broken, x);
    broken.dispose();
    const fine = ops.neg(x);
    await expect(after.data()).rejects.toThrow(
      'gpujs:webgpu: exp of float32 [2] to float32 [2] failed: the shader does not compile',
    );
    await expect(backend.flush()).rejects.toThrow('exp of float32 [2]');
    await backend.flush();
    expect(Array.from(await fine.data())).toEqual([-1, -2]);
    const unread = ops.exp(fine);
    await expect(backend.flush()).rejects.toThrow('exp of float32 [2]');
    for (const t of [x, after, fine, unread]) t.dispose();
    expect(fake.arrays).toBe(0);
    await backend.dispose();
  });
});
