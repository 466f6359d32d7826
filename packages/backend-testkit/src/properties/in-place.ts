import { alias, step, type Tensor, Variable } from '@cnn/tensor';
import { inputsOf, type OpCase } from '../op-table/op-case.js';
import { compareNumbers } from '../tolerance.js';
import type { CheckContext, Property } from './property.js';

/** A step op overwrites its variables where nobody else keeps them, and leaves them to whoever does. */
export const inPlace: Property = {
  name: 'in place',
  part: 'forward',
  appliesTo: ({ step: stepCase }) => stepCase !== undefined,
  async check(opCase, context) {
    await checkStep(opCase, context, false);
    await checkStep(opCase, context, true);
  },
};

async function checkStep(opCase: OpCase, { backend, dtype, oracle, tolerance }: CheckContext, kept: boolean): Promise<void> {
  const { op, attrs, variables: count } = opCase.step!;
  const inputs = inputsOf(opCase, backend, dtype);
  const keepers: Tensor[] = kept ? inputs.map(alias) : [];
  const variables = inputs.slice(0, count).map((input, i) => new Variable(`variable ${i}`, input));
  try {
    step(op, variables, inputs.slice(count), attrs);
    const want = await oracle.expected('outputs', opCase);
    for (const [i, { value }] of variables.entries()) {
      const what = `variable ${i} after a step${kept ? ' with its old tensor kept' : ''}`;
      compareNumbers(what, await value.data(), want[i]!.numbers, tolerance(opCase, dtype, 'outputs'));
    }
    for (const [i, input] of (kept ? keepers : inputs.slice(count)).entries()) {
      const numbers = opCase.inputs[kept ? i : count + i]!.numbers;
      compareNumbers(`a tensor that the step may not change, ${kept ? i : count + i}`, await input.data(), numbers, 0);
    }
  } finally {
    for (const held of [...keepers, ...inputs.slice(count), ...variables]) held.dispose();
  }
}
