import { ops } from '@cnn/tensor';
import { bytesOf, type Item, noise } from './item.js';
import { matrixSizes } from './shapes.js';

/** Products of two [n, n] matrices. */
export const sgemm: readonly Item[] = matrixSizes.map(n => ({
  name: `sgemm-${n}`,
  work: { flops: 2 * n ** 3, bytes: bytesOf([n, n], [n, n], [n, n]) },
  prepare(backend) {
    const a = noise(backend, 'a', [n, n]);
    const b = noise(backend, 'b', [n, n]);
    return {
      run: () => [ops.matmul(a, b)],
      dispose: () => [a, b].forEach(held => void held.dispose()),
    };
  },
}));
