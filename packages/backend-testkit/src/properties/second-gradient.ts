import { hasGradient, resultsOn } from '../results.js';
import { compareResults } from '../tolerance.js';
import type { Property } from './property.js';

/** The gradients of a random projection of the gradients are those of the oracle. */
export const secondGradient: Property = {
  name: 'second gradient',
  part: 'gradient',
  appliesTo: hasGradient,
  async check(opCase, { backend, dtype, oracle, tolerance }) {
    const got = await resultsOn(backend, 'secondGradients', opCase, dtype);
    const want = await oracle.expected('secondGradients', opCase);
    compareResults('second gradient', got, want, tolerance(opCase, dtype, 'gradients'));
  },
};
