/** Every model learns: its gradient is the slope of its loss. */
import { cpu } from '@cnn/backend-cpu';
import { initialise } from '@cnn/layers';
import { grad, ops, type Shape, sizeOf, type Tensor, tensor, tidy } from '@cnn/tensor';
import { expect, it } from 'vitest';
import { standardModels } from '../src/index.js';
import { sizesOf } from './sizes.js';
import { slimmed } from './slimmed.js';

/** Smaller images than published, where the model takes them. The deepest need pixels enough for the statistics of a batch of two. */
const smaller: Record<string, Shape> = {
  unet: [1, 188, 188],
  zfnet: [3, 224, 224],
  resnet101: [3, 96, 96],
  resnet152: [3, 96, 96],
};

function inputOf(name: string): Shape {
  const { input } = standardModels[name]!;
  return smaller[name] ?? (input[1] === 224 ? [3, 64, 64] : input);
}

it.each(Object.keys(standardModels))('%s runs forward and backward', async name => {
  const full = standardModels[name]!.build({ classes: 5 });
  const input = inputOf(name);
  const large = sizesOf(full, input).parameters > 2e6;
  const backend = await cpu();
  const net = initialise(large ? slimmed(full) : full, { backend, input, seed: 1 });
  const batch = [2, ...input];
  const x = tensor(
    backend,
    Float32Array.from({ length: sizeOf(batch) }, (_, i) => Math.sin(i * i)),
    { shape: batch },
  );
  const lossOf = (): Tensor =>
    tidy(() => {
      const losses = [net.apply(x, { training: true })].flat().map(y => ops.mean(ops.square(ops.sub(y, 1))));
      return losses.reduce((sum, loss) => ops.add(sum, loss));
    });
  const { loss, grads, updates } = grad(lossOf, net.parameters);
  let norm = 0;
  grads.forEach((gradient, i) => {
    const square = tidy(() => ops.sum(ops.square(gradient)));
    const [value] = square.dataSync();
    expect(value, net.parameters[i]!.name).toBeGreaterThan(0);
    norm += value!;
    square.dispose();
  });
  const [before] = loss.dataSync();
  // A step against the gradient that is to lower the loss by 0.3 % of it.
  const rate = (0.003 * before!) / norm;
  net.parameters.forEach((parameter, i) => {
    parameter.assign(tidy(() => ops.sub(parameter.value, ops.mul(grads[i]!, rate))));
  });
  const lower = lossOf();
  const [after] = lower.dataSync();
  const drop = (before! - after!) / before!;
  expect(drop).toBeGreaterThan(0.00225);
  expect(drop).toBeLessThan(0.00375);
  for (const held of [x, loss, lower, ...grads, ...Object.values(updates), net]) held.dispose();
  expect(backend.live()).toBe(0);
  backend.dispose();
});
