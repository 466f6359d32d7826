import { resultsOn } from '../results.js';
import { compareResults } from '../tolerance.js';
import type { Property } from './property.js';

/** The outputs are those of the oracle. */
export const forward: Property = {
  name: 'forward',
  part: 'forward',
  appliesTo: () => true,
  async check(opCase, { backend, dtype, oracle, tolerance }) {
    const got = await resultsOn(backend, 'outputs', opCase, dtype);
    compareResults('output', got, await oracle.expected('outputs', opCase), tolerance(opCase, dtype, 'outputs'));
  },
};
