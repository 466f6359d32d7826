/** Every row of the op table: gradients against finite differences, kernels against compositions, dtypes, shapes, buffers. */
import { cpuReference } from '@cnn/backend-cpu';
import { hasGradient, inputsOf, type OpCase, opCases, spread } from '@cnn/backend-testkit';
import { type AnyBackend, grad, isFloat, ops, type Shape, shapesBackend, type Tensor, tidy } from '@cnn/tensor';
import { describe, expect, test } from 'vitest';
import { directKernels } from './direct-kernels.js';
import { dispose, expectClose, float64 } from './helpers.js';
import { laterBackend } from './later-backend.js';

const { add, mul, square, sum } = ops;

/** Functions of `ops` that make no tensors: what shape rules are made of, tested in shape-rules.test.ts. */
const shapeHelpers = [
  'axesOf',
  'axisOf',
  'broadcastShapes',
  'checkDType',
  'checkFloat',
  'checkRank',
  'checkSameDType',
  'windowAttrs',
  'windowCounts',
];

describe('the op table', () => {
  test('has a row for every function', () => {
    const functions = Object.entries(ops).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
    expect([...new Set(opCases.filter(({ step }) => !step).map(({ op }) => op))].sort()).toEqual(
      functions.filter(name => !shapeHelpers.includes(name)).sort(),
    );
  });

  test('reaches every op object, by its functions or their first and second gradients', () => {
    const seen = new Set<string>();
    const backend = shapesBackend({ observe: ({ name }) => void seen.add(name) });
    for (const each of opCases) {
      const inputs = inputsOf(each, backend, 'float32');
      dispose(secondGradients(each, backend, inputs), inputs);
    }
    const views = ['reshape', 'stopGradient']; // no kernel runs for them
    const objects = Object.values(ops).flatMap(value => (typeof value === 'object' ? [value.name] : []));
    expect(objects.length).toBeGreaterThan(25);
    expect(objects.filter(name => ![...seen, ...views].includes(name))).toEqual([]);
  });

  test('names each row differently', () => {
    const names = opCases.map(({ name }) => name);
    expect(names.filter((name, i) => names.indexOf(name) < i)).toEqual([]);
  });
});

const outputsOf = (each: OpCase, inputs: readonly Tensor[]): readonly Tensor[] => [each.run(...inputs)].flat();

/** A random projection of the outputs to one number, not linear in them so that the gradients depend on them too: Σ r (y + y²/2). */
function lossOf(each: OpCase, backend: AnyBackend, inputs: readonly Tensor[]): Tensor {
  const terms = outputsOf(each, inputs)
    .filter(({ dtype }) => isFloat(dtype))
    .map((y, i) => sum(mul(random(backend, y, 40 + i), add(y, mul(square(y), 0.5)))));
  return terms.reduce(
    (a, b) => add(a, b),
    ops.fill(backend, [], 0, inputs.find(({ dtype }) => isFloat(dtype))?.dtype ?? 'float64'),
  );
}

const random = (backend: AnyBackend, { shape, dtype }: Tensor, seed: number): Tensor => {
  const numbers = float64(
    backend,
    spread(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
    shape,
  );
  return ops.cast(numbers, dtype);
};

const floatsOf = (inputs: readonly Tensor[]): Tensor[] => inputs.filter(({ dtype }) => isFloat(dtype));

/** A random projection of the gradients of the loss to one number. */
const penaltyOf = (each: OpCase, backend: AnyBackend, inputs: readonly Tensor[]): Tensor =>
  grad(() => lossOf(each, backend, inputs), floatsOf(inputs))
    .grads.map((gradient, i) => sum(mul(random(backend, gradient, 60 + i), gradient)))
    .reduce((a, b) => add(a, b));

const secondGradients = (each: OpCase, backend: AnyBackend, inputs: readonly Tensor[]): Tensor[] =>
  !hasGradient(each) ? [] : tidy(() => grad(() => penaltyOf(each, backend, inputs), floatsOf(inputs)).grads);

/**
 * Compares the gradients of an objective with its central differences, along one random direction per input. The error allowed
 * is relative to the slope and the sum of the sizes of its terms, which may cancel.
 */
function expectSlopes(objective: (inputs: readonly Tensor[]) => Tensor, inputs: readonly Tensor[], tolerance: number): void {
  const grads = tidy(() => grad(() => objective(inputs), floatsOf(inputs)).grads);
  floatsOf(inputs).forEach((input, i) => {
    const numbers = input.dataSync();
    const along = spread(numbers.length, 80 + i);
    const at = (distance: number): number =>
      tidy(() => {
        const moved = float64(
          input.backend,
          Float64Array.from(numbers, (v, k) => v + distance * along[k]!),
          input.shape,
        );
        return objective(inputs.map(other => (other === input ? moved : other))).dataSync()[0]!;
      });
    const step = 1e-5;
    const numeric = (at(step) - at(-step)) / (2 * step);
    const terms = Array.from(grads[i]!.dataSync(), (g, k) => g * along[k]!);
    const exact = terms.reduce((a, b) => a + b, 0);
    const scale = Math.abs(numeric) + terms.reduce((a, b) => a + Math.abs(b), 0);
    expect(Math.abs(exact - numeric), `input ${i}: the slope is ${numeric}, the gradient says ${exact}`).toBeLessThanOrEqual(
      tolerance * scale + 1e-9,
    );
  });
  dispose(grads);
}

describe('gradients in float64', () => {
  for (const each of opCases.filter(hasGradient)) {
    test(each.name, () => {
      const backend = cpuReference({ poison: true });
      const inputs = inputsOf(each, backend, 'float64');
      expectSlopes(moved => lossOf(each, backend, moved), inputs, 1e-6);
      expectSlopes(moved => penaltyOf(each, backend, moved), inputs, 1e-4);
      dispose(inputs);
      expect(backend.live(), 'buffers left').toBe(0);
    });
  }
});

/** What a row gives on a backend: the outputs, and the gradients of first and second order. */
async function resultsOn(
  each: OpCase,
  backend: AnyBackend & { live(): number },
  float: 'float32' | 'float64',
): Promise<{ outputs: Result[]; gradients: Result[] }> {
  const inputs = inputsOf(each, backend, float);
  const outputs = tidy(() => [...outputsOf(each, inputs)]);
  const gradients = !hasGradient(each)
    ? []
    : [
        ...tidy(() => grad(() => lossOf(each, backend, inputs), floatsOf(inputs)).grads),
        ...secondGradients(each, backend, inputs),
      ];
  const read = async (x: Tensor): Promise<Result> => ({ shape: x.shape, dtype: x.dtype, numbers: Array.from(await x.data()) });
  const results = { outputs: await Promise.all(outputs.map(read)), gradients: await Promise.all(gradients.map(read)) };
  dispose(inputs, outputs, gradients);
  expect(backend.live(), 'buffers left').toBe(0);
  return results;
}

interface Result {
  readonly shape: Shape;
  readonly dtype: Tensor['dtype'];
  readonly numbers: readonly number[];
}

function expectSame(got: readonly Result[], want: readonly Result[], tolerance: number): void {
  expect(got.map(({ shape }) => shape)).toEqual(want.map(({ shape }) => shape));
  got.forEach(({ numbers }, i) => {
    expectClose(numbers, want[i]!.numbers, tolerance);
  });
}

describe('one result on every backend', () => {
  for (const each of opCases) {
    test(each.name, async () => {
      const wanted = await resultsOn(each, cpuReference({ poison: true }), 'float64');

      // Kernels straight from the definitions, for every composite.
      const direct = await resultsOn(each, cpuReference({ poison: true, kernels: directKernels }), 'float64');
      expectSame(direct.outputs, wanted.outputs, 1e-10);
      expectSame(direct.gradients, wanted.gradients, 1e-8);

      const later = await resultsOn(each, laterBackend(), 'float64');
      expectSame(later.outputs, direct.outputs, 0);
      expectSame(later.gradients, direct.gradients, 0);

      const single = await resultsOn(each, cpuReference({ poison: true }), 'float32');
      expectSame(single.outputs, wanted.outputs, 1e-5);
      expectSame(single.gradients, wanted.gradients, 2e-4);
      for (const { dtype } of single.gradients) expect(dtype).toBe('float32');

      const shapes = shapesBackend();
      const specs = tidy(() => {
        const outputs = outputsOf(each, inputsOf(each, shapes, 'float64'));
        return outputs.map(({ shape, dtype }) => ({ shape, dtype }));
      });
      expect(specs).toEqual(wanted.outputs.map(({ shape, dtype }) => ({ shape, dtype })));
    });
  }
});
