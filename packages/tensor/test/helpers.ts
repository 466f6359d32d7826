import { cpuReference } from '@cnn/backend-cpu';
import { type AnyBackend, grad, ops, type Tensor, tensor, tensorsIn, tidy } from '@cnn/tensor';
import { expect, test } from 'vitest';
import { directKernels } from './direct-kernels.js';
import { laterBackend } from './later-backend.js';

/** A backend that counts its buffers. */
export type CountingBackend = AnyBackend & { live(): number };

/** The backends of the tests: kernels for primitives only; also for every composite; and at a later time. */
export const backends: Readonly<Record<string, () => CountingBackend>> = {
  reference: () => cpuReference({ poison: true }),
  'reference with fast kernels': () => cpuReference({ poison: true, kernels: directKernels }),
  later: () => laterBackend(),
};

/** Runs a test on each backend and holds it to leave no buffer behind. */
export function testOnEach(name: string, body: (backend: CountingBackend) => void | Promise<void>): void {
  for (const [label, make] of Object.entries(backends)) {
    test(`${name} (${label})`, async () => {
      const backend = make();
      await body(backend);
      expect(backend.live(), 'buffers left').toBe(0);
      await backend.flush();
      if ('pending' in backend) expect((backend as ReturnType<typeof laterBackend>).pending(), 'device buffers left').toBe(0);
    });
  }
}

/** Runs a test on the reference backend and holds it to leave no buffer behind. */
export function testOnReference(name: string, body: (backend: ReturnType<typeof cpuReference>) => void | Promise<void>): void {
  test(name, async () => {
    const backend = cpuReference({ poison: true });
    await body(backend);
    expect(backend.live(), 'buffers left').toBe(0);
  });
}

/** A float64 tensor. */
export const float64 = (backend: AnyBackend, data: Parameters<typeof tensor>[1], shape?: readonly number[]): Tensor =>
  tensor(backend, data, { dtype: 'float64', ...(shape && { shape }) });

/** Disposes every tensor in some results. */
export function dispose(...results: unknown[]): void {
  for (const tensor of tensorsIn(results)) tensor.dispose();
}

/** Each number within `tolerance` times 1 + its size of the wanted one; NaN and infinities equal. */
export function expectClose(got: ArrayLike<number>, want: ArrayLike<number>, tolerance = 1e-9): void {
  const off = Array.from(want).findIndex(
    (w, i) => !(Object.is(got[i], w) || got[i] === w || Math.abs(got[i]! - w) <= tolerance * (1 + Math.abs(w))),
  );
  if (off >= 0 || got.length !== want.length) {
    expect.fail(`at ${off} of ${want.length}: got [${Array.from(got).join(', ')}], want [${Array.from(want).join(', ')}]`);
  }
}

/** The numbers of what a callback makes and gives; nothing of it is left. */
export const valuesOf = (make: () => Tensor): number[] => tidy(() => Array.from(make().dataSync()));

/** The gradient of the sum of what a callback makes of `x`, or of its elements times `weights`. */
export const gradientOf = (make: (x: Tensor) => Tensor, x: Tensor, weights?: readonly number[]): number[] =>
  valuesOf(() => {
    const weighted = (y: Tensor): Tensor =>
      weights ? ops.mul(y, tensor(x.backend, weights, { shape: y.shape, dtype: y.dtype })) : y;
    return grad(() => ops.sum(weighted(make(x))), [x]).grads[0]!;
  });
