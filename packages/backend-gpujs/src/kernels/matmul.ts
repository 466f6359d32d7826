import { type None, sizeOf } from '@cnn/tensor';
import { broadcast, coordinates, elementOf } from '../indexing.js';
import type { DeviceKernel, DeviceKernels } from '../program.js';

/** x Wᵀ + b, and `last` on the result `s`. */
const linear = (last: string): DeviceKernel<None> => ({
  plan: (launch, [, weight, bias], _, [y]) => {
    const [units, features] = weight!.shape as [number, number];
    // #region linear
    const body = `${coordinates('t', [sizeOf(y!.shape) / units, units], ['i', 'j'])}
let s = ${bias ? 'bias[j]' : '0'};
for (let k = 0; k < ${features}; k++) { s += x[i * ${features} + k] * weight[j * ${features} + k]; }
${last}
return s;`;
    // #endregion linear
    return [launch(sizeOf(y!.shape), { x: 0, weight: 1, ...(bias && { bias: 2 }) }, body)];
  },
});

/** Statements that make a negative result 0. NaN stays, since what `infinity` is no compiler knows, and so none makes a maximum of this. */
export const relu = 'if (s <= infinity) { if (s <= 0) { s = 0; } }';

/** Products of matrices. Leading axes are broadcast. */
export const matmul: DeviceKernels<'matmul' | 'linear' | 'linearRelu'> = {
  matmul: {
    plan: (launch, [a, b], { transposeA, transposeB }, [y]) => {
      const batch = y!.shape.slice(0, -2);
      const [m, n] = y!.shape.slice(-2) as [number, number];
      const k = a!.shape.at(transposeA ? -2 : -1)!;
      // The matrices of both operands, as if they were single elements of broadcast arrays.
      const layouts = [a!, b!].map(({ shape }) => broadcast(shape.slice(0, -2), batch));
      const { code, indices } = elementOf(batch, layouts, 'batch');
      const body = `${coordinates('t', [sizeOf(batch), m, n], ['batch', 'i', 'j'])}
${code}
const left = (${indices[0]}) * ${m * k};
const right = (${indices[1]}) * ${k * n};
let s = 0;
for (let p = 0; p < ${k}; p++) {
s += a[left + ${transposeA ? `p * ${m} + i` : `i * ${k} + p`}] * b[right + ${transposeB ? `j * ${k} + p` : `p * ${n} + j`}];
}
return s;`;
      return [launch(sizeOf(y!.shape), { a: 0, b: 1 }, body)];
    },
  },
  linear: linear(''),
  linearRelu: linear(relu),
};
