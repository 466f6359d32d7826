import { hasGradient, resultsOn } from '../results.js';
import { compareResults } from '../tolerance.js';
import type { Property } from './property.js';

/** The gradients of a random projection of the outputs are those of the oracle. */
export const gradient: Property = {
  name: 'gradient',
  part: 'gradient',
  appliesTo: hasGradient,
  async check(opCase, { backend, dtype, oracle, tolerance }) {
    const got = await resultsOn(backend, 'gradients', opCase, dtype);
    compareResults('gradient', got, await oracle.expected('gradients', opCase), tolerance(opCase, dtype, 'gradients'));
  },
};
