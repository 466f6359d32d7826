import { grad, ops, type Tensor, tensor, tidy } from '@cnn/tensor';
import { ConformanceError } from '../conformance-error.js';
import { type CaseInput, inputsOf } from '../op-table/op-case.js';
import type { CheckContext, Property } from '../properties/property.js';
import { outputTensors, type Result, readAll, resultsOn } from '../results.js';
import { compareNumbers } from '../tolerance.js';
import type { GoldenCase } from './golden-case.js';

/** PyTorch's numbers are rounded to float32. */
const LEAST_TOLERANCE = 1e-6;

function compare(what: string, got: readonly Result[], want: readonly CaseInput[], tolerance: number): void {
  want.forEach(({ shape, dtype, numbers }, i) => {
    const result = got[i]!;
    if (`${result.shape}` !== `${shape}`)
      throw new ConformanceError(`${what} ${i} is [${result.shape}], PyTorch's is [${shape}]`);
    compareNumbers(`${what} ${i}, beside PyTorch's`, result.numbers, numbers, dtype === 'float' ? tolerance : 0);
  });
}

const toleranceOf = (opCase: GoldenCase, { dtype, tolerance }: CheckContext, quantity: 'outputs' | 'gradients'): number =>
  Math.max(LEAST_TOLERANCE, tolerance(opCase, dtype, quantity));

/** The outputs are PyTorch's. */
const outputs: Property<GoldenCase> = {
  name: "PyTorch's outputs",
  part: 'forward',
  appliesTo: () => true,
  async check(opCase, context) {
    const got = await resultsOn(context.backend, 'outputs', opCase, context.dtype);
    compare('output', got, opCase.outputs, toleranceOf(opCase, context, 'outputs'));
  },
};

/** The gradients for given gradients of the outputs are PyTorch's. */
const gradients: Property<GoldenCase> = {
  name: "PyTorch's gradients",
  part: 'gradient',
  appliesTo: ({ gradients: wanted }) => wanted.some(gradient => gradient !== undefined),
  async check(opCase, context) {
    const { backend, dtype } = context;
    const inputs = inputsOf(opCase, backend, dtype);
    try {
      const wanted = opCase.gradients.flatMap((gradient, i) => (gradient ? [{ gradient, input: inputs[i]! }] : []));
      const sources = wanted.map(({ input }) => input);
      const got = await readAll(tidy(() => grad(() => weightedSum(opCase, inputs), sources).grads));
      const want = wanted.map(({ gradient }) => gradient);
      compare('gradient', got, want, toleranceOf(opCase, context, 'gradients'));
    } finally {
      for (const input of inputs) input.dispose();
    }
  },
};

/** Σ output × its given gradient; where none is given, the sum of the only output. */
function weightedSum(opCase: GoldenCase, inputs: readonly Tensor[]): Tensor {
  const made = outputTensors(opCase, inputs);
  const terms = opCase.upstream.map(({ shape, numbers }, i) => {
    const { backend, dtype } = made[i]!;
    return ops.mul(made[i]!, tensor(backend, Float64Array.from(numbers), { shape, dtype }));
  });
  return (terms.length > 0 ? terms : made).map(term => ops.sum(term)).reduce((a, b) => ops.add(a, b));
}

/** What is to hold for rows with numbers of PyTorch. */
export const goldenProperties: readonly Property<GoldenCase>[] = [outputs, gradients];
