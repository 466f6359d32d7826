import { type BinaryName, type None, sizeOf } from '@cnn/tensor';
import { broadcast, elementOf } from '../indexing.js';
import type { DeviceKernel, DeviceKernels } from '../program.js';
import { isNumber } from './not-a-number.js';

/** Applies statements that set `r` from `a` and `b` to each pair of elements, broadcast. */
const map = (body: string): DeviceKernel<None> => ({
  plan: (launch, [a, b], _, [y]) => {
    const { code, indices } = elementOf(y!.shape, [broadcast(a!.shape, y!.shape), broadcast(b!.shape, y!.shape)]);
    const element = `${code}\nconst a = x0[${indices[0]}];\nconst b = x1[${indices[1]}];\nlet r = 0;`;
    return [launch(sizeOf(y!.shape), { x0: 0, x1: 1 }, `${element}\n${body}\nreturn r;`)];
  },
});

const truth = (condition: string): DeviceKernel<None> => map(`if (${condition}) { r = 1; }`);

/** As C's pow: 1 to any power is 1, and so is -1 to an infinite one. Devices know powers of positive numbers only. */
const pow = `${isNumber('an', 'a')}
${isNumber('bn', 'b')}
r = Math.pow(Math.abs(a), b);
if (a < 0) {
if (Math.floor(b) !== b) { if (a >= -3.4028234663852886e38) { r = nan; } }
else if (Math.floor(b / 2) * 2 !== b) { r = -r; }
}
if (a === 0) {
r = 0;
if (b < 0) { r = infinity; }
}
if (an + bn < 2) { r = nan; }
if (b === 0 || a === 1 || (a === -1 && Math.abs(b) > 3.4028234663852886e38)) { r = 1; }`;

/** Functions of two numbers, broadcast. The larger or smaller of a number and NaN is NaN. */
export const binary: DeviceKernels<BinaryName> = {
  add: map('r = a + b;'),
  sub: map('r = a - b;'),
  mul: map('r = a * b;'),
  div: map('r = a / b;'),
  pow: map(pow),
  maximum: map(`${isNumber('an', 'a')}\n${isNumber('bn', 'b')}\nr = b;\nif (an === 0 || (a > b && bn === 1)) { r = a; }`),
  minimum: map(`${isNumber('an', 'a')}\n${isNumber('bn', 'b')}\nr = b;\nif (an === 0 || (a < b && bn === 1)) { r = a; }`),
  equal: truth('a === b'),
  notEqual: map('r = 1;\nif (a === b) { r = 0; }'),
  less: truth('a < b'),
  lessEqual: truth('a <= b'),
  greater: truth('a > b'),
  greaterEqual: truth('a >= b'),
  logicalAnd: truth('a !== 0 && b !== 0'),
  logicalOr: truth('a !== 0 || b !== 0'),
  logicalXor: map('if (a !== 0) { r = 1; }\nif (b !== 0) { r = 1 - r; }'),
};
