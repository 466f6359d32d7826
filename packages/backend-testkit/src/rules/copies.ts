import { arrayTypes, tensor, toTypedArray } from '@cnn/tensor';
import { compareNumbers } from '../tolerance.js';
import { check } from './expect.js';
import type { Rule } from './rule.js';

/** Writing and reading copy, in every dtype, also nothing and much. */
export const copies: Rule = {
  name: 'writing and reading copy numbers',
  async check(backend) {
    for (const dtype of backend.dtypes) {
      for (const size of [0, 1, 3, 1030]) {
        const numbers = toTypedArray(
          Array.from({ length: size }, (_, i) => (dtype === 'bool' ? i % 2 : i % 200)),
          dtype,
        );
        const given = numbers.slice();
        const x = tensor(backend, given, { shape: [size], dtype });
        try {
          given.fill(1);
          const what = `${size} numbers of ${dtype}`;
          const first = await x.data();
          check(first instanceof arrayTypes[dtype], `${what} are read as a ${first.constructor.name}`);
          compareNumbers(`${what}, after the array they came from was overwritten`, first, numbers, 0);
          first.fill(1);
          compareNumbers(`${what}, after what was read was overwritten`, await x.data(), numbers, 0);
        } finally {
          x.dispose();
        }
      }
    }
  },
};
