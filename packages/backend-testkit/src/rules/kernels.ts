import { primitiveNames } from '../oracle.js';
import { check } from './expect.js';
import type { Rule } from './rule.js';

/** The kernel table has every primitive, and no prototype whose methods would pass for kernels. */
export const kernelTable: Rule = {
  name: 'the kernel table has every primitive and no prototype',
  async check({ kernels, name, dtypes }) {
    check(typeof name === 'string' && name.length > 0, 'the backend has no name');
    check(dtypes.includes('float32') || dtypes.includes('float64'), `no float dtype among ${dtypes.join(', ') || 'none'}`);
    const missing = primitiveNames.filter(
      primitive => typeof (kernels as object as Record<string, unknown>)[primitive] !== 'function',
    );
    check(missing.length === 0, `no kernel for the primitives ${missing.join(', ')}`);
    check(!('toString' in kernels), "the table of kernels has a prototype, so that 'toString' passes for a kernel");
  },
};
