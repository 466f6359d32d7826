/** Two backends as one. The first lacks kernels, declines cases or throws; the numbers are those of the second. */
import { cpuReference } from '@cnn/backend-cpu';
import {
  type AnyBackend,
  BackendError,
  type Fallback,
  grad,
  isPrimitive,
  OptionError,
  ops,
  shapesBackend,
  tensor,
  UsageError,
  withFallback,
} from '@cnn/tensor';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { dispose, valuesOf } from './helpers.js';

/** A backend that cannot do some ops. */
function poorBackend(change: (kernels: Record<string, unknown>) => void) {
  const whole = cpuReference({ poison: true });
  const kernels: Record<string, unknown> = Object.assign(Object.create(null), whole.kernels);
  change(kernels);
  return Object.assign(Object.create(whole), { name: 'poor', kernels }) as typeof whole;
}

function both(change: (kernels: Record<string, unknown>) => void) {
  const seen: Fallback[] = [];
  const first = poorBackend(change);
  const second = cpuReference({ poison: true });
  const backend = withFallback(first, second, { onFallback: fallback => void seen.push(fallback) });
  return { first, second, backend, seen };
}

afterEach(() => void vi.restoreAllMocks());

describe('withFallback', () => {
  test.each<[string, (kernels: Record<string, unknown>) => void, RegExp]>([
    ['lacks the kernel', kernels => void delete kernels.exp, /'poor' lacks the kernel/],
    ['declines', kernels => void Object.assign(kernels, { exp: () => undefined }), /'poor' declined/],
    [
      'throws a BackendError',
      kernels => {
        kernels.exp = () => {
          throw new BackendError('too large for the device');
        };
      },
      /too large for the device/,
    ],
  ])('runs a primitive on the second backend where the first %s', (_, change, reason) => {
    const { first, second, backend, seen } = both(change);
    const x = tensor(backend, [0, 1], { dtype: 'float64' });
    const { loss, grads } = grad(() => ops.sum(ops.exp(x)), [x]);
    expect(loss.dataSync()[0]).toBeCloseTo(1 + Math.E, 12);
    expect([...grads[0]!.dataSync()]).toEqual([1, expect.closeTo(Math.E, 12)]);
    expect(seen).toEqual([{ op: 'exp', inputs: ['float64 [2]'], reason: expect.stringMatching(reason) }]);
    expect([...backend.fallbacks]).toEqual([['exp', 1]]);
    dispose(x, loss, grads);
    expect([first.live(), second.live()]).toEqual([0, 0]);
  });

  test('leaves an op that has a composition to the first backend', () => {
    const { backend, seen } = both(kernels => void delete kernels.softmax);
    expect(valuesOf(() => ops.softmax(tensor(backend, [0, 0]), 0))).toEqual([0.5, 0.5]);
    expect(seen).toEqual([]);
  });

  test('leaves other errors and what both lack as they are', () => {
    const { backend } = both(kernels => {
      kernels.exp = () => {
        throw new RangeError('a fault');
      };
    });
    const x = tensor(backend, [1]);
    expect(() => ops.exp(x)).toThrow(RangeError);
    x.dispose();
  });

  test('warns of each op once, unless it is told whom to tell', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const backend = withFallback(
      poorBackend(kernels => void delete kernels.exp),
      cpuReference(),
    );
    for (let run = 0; run < 3; run++) valuesOf(() => ops.exp(tensor(backend, [[1, 2]])));
    expect(warn.mock.calls).toEqual([["cnn: exp (float32 [1, 2]) runs on 'cpu:reference': backend 'poor' lacks the kernel"]]);
    expect(backend.fallbacks.get('exp')).toBe(3);
  });

  test('refuses backends that cannot be read at once or lack a dtype, and unknown options', () => {
    const whole = cpuReference();
    expect(() => withFallback(shapesBackend(), whole)).toThrow(UsageError);
    const floats: AnyBackend = Object.assign(Object.create(whole), { name: 'floats', dtypes: ['float32'] });
    expect(() => withFallback(whole, floats)).toThrow(/'floats' has no float64, int32/);
    expect(() => withFallback(whole, whole, { log: 1 } as never)).toThrow(OptionError);
  });

  test('knows the primitives: what the reference backend is made of', () => {
    expect(Object.keys(cpuReference().kernels).filter(op => !isPrimitive(op))).toEqual([]);
    expect(isPrimitive('conv2d') || isPrimitive('toString')).toBe(false);
  });
});
