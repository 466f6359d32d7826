import { cpuReference } from '@cnn/backend-cpu';
import { type DType, ops, tensor } from '@cnn/tensor';
import { expectError } from './expect.js';
import type { Rule } from './rule.js';

const everyDType: readonly DType[] = ['float32', 'float64', 'int32', 'uint8', 'bool'];

/** Wrong use is an error that says what is wrong. */
export const misuse: Rule = {
  name: 'wrong use is an error that names the mistake',
  async check(backend) {
    const x = tensor(backend, [1, 2, 3]);
    const shorter = tensor(backend, [1, 2]);
    const other = tensor({ ...cpuReference(), name: 'another backend' }, [1, 2, 3]);
    try {
      await expectError('adding tensors of two backends', [backend.name, 'another backend', '.to('], () => ops.add(x, other));
      await expectError('adding shapes that do not fit', ['add', '[3]', '[2]'], () => ops.add(x, shorter));
      for (const dtype of everyDType.filter(name => !backend.dtypes.includes(name)))
        await expectError(`a tensor of ${dtype}`, [dtype, backend.name], () => tensor(backend, [1], { dtype }));
    } finally {
      for (const made of [x, shorter, other]) made.dispose();
    }
    await expectError('an op on a disposed tensor', ['disposed'], () => ops.exp(x));
    await expectError('reading a disposed tensor', ['disposed'], () => x.data());
  },
};
