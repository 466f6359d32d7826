import { cpu } from '@cnn/backend-cpu';
import { gpujs } from '@cnn/backend-gpujs';
import { conv2d, flatten, initialise, linear, maxPool2d, relu, sequential } from '@cnn/layers';
import { adam } from '@cnn/optim';
import type { AnyBackend } from '@cnn/tensor';
import { fit } from '@cnn/train';
import { describe, expect, it } from 'vitest';
import { crossEntropy, digitLoaders } from './helpers.js';

/** LeNet-5 (LeCun et al., 1998) as @cnn/models has it. */
const lenet5 = sequential([
  conv2d({ filters: 6, kernelSize: 5, padding: 2 }),
  relu(),
  maxPool2d({ kernelSize: 2 }),
  conv2d({ filters: 16, kernelSize: 5 }),
  relu(),
  maxPool2d({ kernelSize: 2 }),
  flatten(),
  linear({ units: 120 }),
  relu(),
  linear({ units: 84 }),
  relu(),
  linear({ units: 10 }),
]);

const images = 80;
const batchSize = 4;

/** The losses of each step, from the same seed and data, and how many buffers there were after each. */
async function train(backend: AnyBackend & { live(): number }, epochs: number) {
  const net = initialise(lenet5, { backend, input: [1, 28, 28], seed: 1 });
  const losses: number[] = [];
  const live: number[] = [];
  await fit({
    net,
    loss: crossEntropy,
    optimizer: adam({ learningRate: 0.002 }),
    data: digitLoaders(images, batchSize).data,
    epochs,
    onEvent: event => {
      if (event.type !== 'step') return;
      losses.push(event.loss);
      live.push(backend.live());
    },
  });
  net.dispose();
  return { losses, live, left: backend.live() };
}

describe.each(['cpu', 'webasm'] as const)('LeNet-5 on gpu.js in mode %s', mode => {
  it('has the losses of the CPU backend over 20 steps', async () => {
    const backend = await gpujs({ mode });
    // Winograd's error would be enough for Adam, which divides by it, to part the losses of flat pixels.
    const want = await train(await cpu({ convolution: 'exact' }), 1);
    const got = await train(backend, 1);
    expect(got.losses.length).toBe(20);
    for (const [i, loss] of got.losses.entries()) expect(Math.abs(loss / want.losses[i]! - 1)).toBeLessThan(1e-3);
    expect(want.losses.at(-1)).toBeLessThan(want.losses[0]!);
    expect(got.left).toBe(0);
    await backend.dispose();
  });
});

/** `npm run soak` makes 500 steps of the 40. */
const epochs = process.env.CNN_SOAK === undefined ? 2 : 25;

it.each(['cpu', 'webasm'] as const)(
  'leaves no buffer behind in mode %s, and compiles nothing after the first step',
  async mode => {
    const backend = await gpujs({ mode });
    const { live, left } = await train(backend, epochs);
    expect(new Set(live.slice(1)).size).toBe(1);
    expect(left).toBe(0);
    const { kernels } = backend.compileStats();
    await train(backend, 1);
    expect(backend.compileStats().kernels).toBe(kernels);
    await backend.dispose();
  },
  600_000,
);
