import { primitiveNames } from '../oracle.js';
import { hasGradient, resultsOn } from '../results.js';
import { compareResults } from '../tolerance.js';
import { watch } from '../watch.js';
import type { Property } from './property.js';

/** The kernels of composites give what their compositions give on the same backend. */
const compositionOf = (quantity: 'outputs' | 'gradients', of: Pick<Property, 'name' | 'part' | 'appliesTo'>): Property => ({
  ...of,
  async check(opCase, { backend, dtype, tolerance }) {
    const kernels = watch(backend);
    const got = await resultsOn(kernels.backend, quantity, opCase, dtype);
    const composites = [...kernels.ran].filter(kernel => !primitiveNames.includes(kernel));
    if (composites.length === 0) return;
    const primitives = watch(backend, kernel => primitiveNames.includes(kernel)).backend;
    const want = await resultsOn(primitives, quantity, opCase, dtype);
    const what = `${quantity} by the kernels ${composites.join(', ')}, beside the composition`;
    compareResults(what, got, want, tolerance(opCase, dtype, quantity));
  },
});

/** Forward. */
export const composition = compositionOf('outputs', {
  name: 'kernel and composition',
  part: 'forward',
  appliesTo: () => true,
});

/** In gradients. */
export const gradientComposition = compositionOf('gradients', {
  name: 'gradient of kernel and composition',
  part: 'gradient',
  appliesTo: hasGradient,
});
