import type { UnaryName } from '@cnn/tensor';
import { sizeOf } from '@cnn/tensor';
import type { DeviceKernel, DeviceKernels } from '../program.js';

/** Applies statements that set `r` from `v` to each element. NaN stays NaN, also where a device's function of it is something else. */
const map = (body: string): DeviceKernel<unknown> => ({
  plan: (launch, [x]) => [
    launch(sizeOf(x!.shape), { x: 0 }, `const v = x[t];\nlet r = v;\nif (v <= infinity) {\n${body}\n}\nreturn r;`),
  ],
});

const test = (condition: string): DeviceKernel<unknown> => ({
  plan: (launch, [x]) => [
    launch(sizeOf(x!.shape), { x: 0 }, `const v = x[t];\nlet r = 0;\nif (${condition}) { r = 1; }\nreturn r;`),
  ],
});

/** Sets `name` to e^`x` - 1: near 0 by its series, since e^x would lose x beside 1. The next term is below 1e-8 of the sum. */
const expm1 = (name: string, x: string): string => `let ${name} = Math.exp(${x}) - 1;
if (Math.abs(${x}) < 0.3) {
${name} = ${x} * (1 + ${x} / 2 * (1 + ${x} / 3 * (1 + ${x} / 4 * (1 + ${x} / 5 * (1 + ${x} / 6 * (1 + ${x} / 7))))));
}`;

/** Sets `name` to log(1 + `x`): near 0 by the series of 2 artanh(x / (2 + x)). The next term is below 1e-9 of the sum. */
const log1p = (name: string, x: string): string => `let ${name} = Math.log(1 + ${x});
if (Math.abs(${x}) < 0.25) {
const q = ${x} / (2 + ${x});
const q2 = q * q;
${name} = 2 * q * (1 + q2 * (0.3333333333 + q2 * (0.2 + q2 * (0.1428571429 + q2 * 0.1111111111))));
}`;

/**
 * The error function. Up to 1 its Maclaurin series, whose next term is below 1e-9 of the sum; above, 1 minus the approximation of
 * Abramowitz and Stegun, 7.1.26, whose error is below 1.5e-7.
 */
const erf = `const a = Math.abs(v);
const u = 1 / (1 + 0.3275911 * a);
const far = 1 - u * (0.254829592 + u * (-0.284496736 + u * (1.421413741 + u * (-1.453152027 + u * 1.061405429)))) * Math.exp(-a * a);
if (v > 0) { r = far; }
if (v < 0) { r = -far; }
if (a < 1) {
let term = v;
r = v;
for (let n = 1; n < 11; n++) {
term = -term * v * v / n;
r += term / (2 * n + 1);
}
r = r * 1.1283791670955126;
}`;

/** Functions of one number. */
export const unary: DeviceKernels<UnaryName> = {
  neg: map('r = -v;'),
  abs: map('r = Math.abs(v);'),
  sign: map('if (v > 0) { r = 1; }\nif (v < 0) { r = -1; }'),
  exp: map('r = Math.exp(v);'),
  expm1: map(`${expm1('e', 'v')}\nr = e;`),
  log: map('r = Math.log(v);\nif (v < 0) { r = nan; }\nif (v === 0) { r = -infinity; }'),
  log1p: map(`${log1p('l', 'v')}\nr = l;\nif (v < -1) { r = nan; }\nif (v === -1) { r = -infinity; }`),
  sqrt: map('r = Math.sqrt(v);\nif (v < 0) { r = nan; }'),
  rsqrt: map('r = 1 / Math.sqrt(v);\nif (v < 0) { r = nan; }\nif (v === 0) { r = infinity; }'),
  square: map('r = v * v;'),
  reciprocal: map('r = 1 / v;'),
  floor: map('r = Math.floor(v);'),
  ceil: map('r = Math.ceil(v);'),
  // From the middle to the even one. From 2^23 on there are no fractions, and v + 0.5 would round.
  round: map(`if (Math.abs(v) < 8388608) {
r = Math.floor(v + 0.5);
if (r - v === 0.5 && r - 2 * Math.floor(r / 2) === 1) { r = r - 1; }
}`),
  sin: map('r = Math.sin(v);'),
  cos: map('r = Math.cos(v);'),
  tanh: map(`const d = -2 * Math.abs(v);\n${expm1('e', 'd')}\nr = -e / (2 + e);\nif (v < 0) { r = -r; }`),
  sigmoid: map('const e = Math.exp(-Math.abs(v));\nr = 1 / (1 + e);\nif (v < 0) { r = e / (1 + e); }'),
  erf: map(erf),
  softplus: map(`const e = Math.exp(-Math.abs(v));\n${log1p('l', 'e')}\nif (v < 0) { r = 0; }\nr += l;`),
  relu: map('if (v <= 0) { r = 0; }'),
  isFinite: test('Math.abs(v) <= 3.4028234663852886e38'),
  logicalNot: test('v === 0'),
};

/** dy where y is above 0. */
export const reluGrad: DeviceKernels<'reluGrad'> = {
  reluGrad: {
    plan: (launch, [y]) => [launch(sizeOf(y!.shape), { y: 0, dy: 1 }, 'let r = 0;\nif (y[t] > 0) { r = dy[t]; }\nreturn r;')],
  },
};
