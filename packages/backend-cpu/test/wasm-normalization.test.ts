import { type Shape, sizeOf } from '@cnn/tensor';
import { describe, expect, test } from 'vitest';
import { backends, expectClose, f32, type Operand, random, run } from './wasm-helpers.js';

/** The elements of each channel of [n, c, ...]. */
function channelsOf({ shape, data }: Operand): number[][] {
  const [n, c] = shape as [number, number];
  const inner = sizeOf(shape.slice(2));
  return Array.from({ length: c }, (_, channel) =>
    Array.from({ length: n * inner }, (_, i) => data[(Math.floor(i / inner) * c + channel) * inner + (i % inner)]!),
  );
}

/** The inverse of `channelsOf`. */
function fromChannels(shape: Shape, channels: readonly (readonly number[])[]): number[] {
  const c = shape[1]!;
  const inner = sizeOf(shape.slice(2));
  return Array.from({ length: sizeOf(shape) }, (_, flat) => {
    const image = Math.floor(flat / inner / c);
    return channels[Math.floor(flat / inner) % c]![image * inner + (flat % inner)]!;
  });
}

const mean = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
const variance = (numbers: readonly number[]) => {
  const center = mean(numbers);
  return mean(numbers.map(x => (x - center) ** 2));
};
/** (x - mean) / sqrt(variance + epsilon) */
const normalize = (numbers: readonly number[]) => {
  const center = mean(numbers);
  const deviation = Math.sqrt(variance(numbers) + epsilon);
  return numbers.map(x => (x - center) / deviation);
};
const epsilon = 1e-5;

describe.each(backends)('batch norm, %s', (_, backend) => {
  const shapes = [
    [5, 3],
    [4, 3, 1],
    [2, 5, 3, 3],
    [3, 2, 7, 5],
    [8, 4, 16, 16],
    [1, 2, 40, 40],
    [64, 1, 2, 2],
  ];

  test.each(shapes.flatMap(shape => [0, 1000].map(offset => [shape, offset] as const)))('%j around %d', (shape, offset) => {
    const c = shape[1]!;
    const noise = random(shape, 5);
    const x = f32(
      shape,
      Float32Array.from(noise.data, value => value + offset),
    );
    const weight = random([c], 6);
    const bias = random([c], 7);
    const dy = random(shape, 8);
    const channels = channelsOf(x);
    const outputs = [{ shape }, { shape: [c] }, { shape: [c] }];

    const [y, means, variances] = run(backend, 'batchNorm', [x, weight, bias], { epsilon }, outputs);
    expectClose(means!, channels.map(mean), 1e-6, 1e-6);
    expectClose(variances!, channels.map(variance), 1e-5);
    const normalized = channels.map(normalize);
    expectClose(
      y!,
      fromChannels(
        shape,
        normalized.map((values, k) => values.map(value => value * weight.data[k]! + bias.data[k]!)),
      ),
      1e-5,
      1e-5,
    );

    const statistics = [f32([c], means!), f32([c], variances!)];
    const [dx, dweight, dbias] = run(backend, 'batchNormGrad', [dy, x, weight, ...statistics], { epsilon }, outputs);
    const gradients = channelsOf(dy);
    const products = gradients.map((values, k) => values.map((value, i) => value * normalized[k]![i]!));
    const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
    expectClose(dbias!, gradients.map(sum), 1e-5, 1e-4);
    expectClose(dweight!, products.map(sum), 1e-5, 1e-4);
    const expected = gradients.map((values, k) => {
      const scale = weight.data[k]! / Math.sqrt(variance(channels[k]!) + epsilon);
      const bias = mean(values);
      const slope = mean(products[k]!);
      return values.map((value, i) => scale * (value - bias - normalized[k]![i]! * slope));
    });
    expectClose(dx!, fromChannels(shape, expected), 1e-4, 1e-5);
  });

  test('inference takes the statistics that are given', () => {
    const shape = [3, 5, 2, 3];
    const x = random(shape, 1);
    const [weight, bias, means] = [2, 3, 4].map(seed => random([5], seed)) as [Operand, Operand, Operand];
    const variances = f32([5], [0, 0.5, 1, 2, 100]);
    const [y] = run(backend, 'batchNormInference', [x, weight, bias, means, variances], { epsilon }, [{ shape }]);
    const expected = channelsOf(x).map((values, k) =>
      values.map(value => ((value - means.data[k]!) / Math.sqrt(variances.data[k]! + epsilon)) * weight.data[k]! + bias.data[k]!),
    );
    expectClose(y!, fromChannels(shape, expected), 1e-5, 1e-5);
  });

  test('a constant channel gives the bias', () => {
    const x = f32([2, 1, 3, 3], new Float32Array(18).fill(Math.fround(12345.678)));
    const outputs = [x, { shape: [1] }, { shape: [1] }];
    const [y, , variances] = run(backend, 'batchNorm', [x, f32([1], [2]), f32([1], [0.5])], { epsilon }, outputs);
    expect([...y!]).toEqual(new Array(18).fill(0.5));
    expect([...variances!]).toEqual([0]);
  });
});
