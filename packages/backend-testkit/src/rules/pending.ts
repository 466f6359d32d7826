import { ops, type Tensor, tensor, tidy } from '@cnn/tensor';
import { compareNumbers } from '../tolerance.js';
import type { Rule } from './rule.js';

/** Work may be under way when its inputs are freed, and reads may be asked for at once and in any order. */
export const pendingWork: Rule = {
  name: 'inputs may be freed while work on them is pending',
  async check(backend) {
    let x: Tensor = tensor(backend, [1, 2, 3]);
    for (let i = 0; i < 20; i++) {
      const next = tidy(() => ops.sub(ops.mul(x, 2), ops.mul(x, 1)));
      x.dispose();
      x = next;
    }
    const y = ops.add(x, 1);
    const reads = [y.data(), x.data()];
    x.dispose();
    y.dispose();
    const [ofY, ofX] = await Promise.all(reads);
    compareNumbers('a tensor read while it is disposed', ofX!, [1, 2, 3], 1e-6);
    compareNumbers('a tensor made of it', ofY!, [2, 3, 4], 1e-6);
    await backend.flush();
  },
};
