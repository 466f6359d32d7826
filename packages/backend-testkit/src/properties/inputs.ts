import { inputsOf } from '../op-table/op-case.js';
import { hasGradient, quantityOf } from '../results.js';
import { compareNumbers } from '../tolerance.js';
import type { Property } from './property.js';

/** An op changes none of its inputs, nor does its gradient. */
export const inputsUnchanged: Property = {
  name: 'inputs stay as they were',
  part: 'forward',
  appliesTo: () => true,
  async check(opCase, { backend, dtype }) {
    const inputs = inputsOf(opCase, backend, dtype);
    try {
      await quantityOf('outputs', opCase, inputs);
      if (hasGradient(opCase)) await quantityOf('gradients', opCase, inputs);
      for (const [i, input] of inputs.entries())
        compareNumbers(`input ${i} afterwards`, await input.data(), opCase.inputs[i]!.numbers, 0);
    } finally {
      for (const input of inputs) input.dispose();
    }
  },
};
