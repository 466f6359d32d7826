import { cpuReference } from '@cnn/backend-cpu';
import { OptionError, type Tensor, tensor, UsageError } from '@cnn/tensor';
import { expect, test } from 'vitest';
import { clipByGlobalNorm, clipByValue } from '../src/index.js';
import { expectClose, goldenCases } from './golden.js';

const backend = cpuReference({ poison: true });
const cases = goldenCases('optimizers');
const values = (x: Tensor): number[] => Array.from(x.dataSync());

test.each(['clip_norm', 'clip_norm_no_effect', 'clip_value'])('%s is as in PyTorch', name => {
  for (const dtype of ['float32', 'float64'] as const) {
    const { inputs, outputs, attrs } = cases.get(name)!;
    const given = [inputs.grad_p!, inputs.grad_q!].map(({ shape, data }) =>
      tensor(backend, Float64Array.from(data), { shape, dtype }),
    );
    const live = backend.live();
    const { grads, norm } =
      name === 'clip_value'
        ? { grads: clipByValue(given, attrs.clip_value as number), norm: undefined }
        : clipByGlobalNorm(given, attrs.max_norm as number);
    expectClose(values(grads[0]!), outputs.grad_p!.data, dtype, 'grad_p');
    expectClose(values(grads[1]!), outputs.grad_q!.data, dtype, 'grad_q');
    if (norm) expectClose(values(norm), outputs.total_norm!.data, dtype, 'total_norm');
    expect(backend.live()).toBe(live + (norm ? 3 : 2));
  }
});

test('a norm that is not finite shows in every gradient', () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 1e30]) {
    const { grads, norm } = clipByGlobalNorm([tensor(backend, [bad]), tensor(backend, [1, 2])], 1);
    expect(Number.isFinite(values(norm)[0])).toBe(false);
    expect(grads.flatMap(values)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  }
  expect(clipByValue([tensor(backend, [Number.NaN, Number.POSITIVE_INFINITY, -3])], 2).flatMap(values)).toEqual([
    Number.NaN,
    2,
    -2,
  ]);
});

test('gradients of zero stay zero', () => {
  expect(clipByGlobalNorm([tensor(backend, [0, 0])], 1).grads.flatMap(values)).toEqual([0, 0]);
});

test('impossible limits and no gradients are errors', () => {
  const grads = [tensor(backend, [1])];
  for (const limit of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => clipByGlobalNorm(grads, limit)).toThrow(OptionError);
    expect(() => clipByValue(grads, limit)).toThrow(OptionError);
  }
  expect(() => clipByGlobalNorm([], 1)).toThrow(UsageError);
});
