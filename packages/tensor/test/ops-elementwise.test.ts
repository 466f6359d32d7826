/** Values and gradients of elementwise ops where the op table does not go: kinks, ties, infinities, NaN. */
import { cpuReference } from '@cnn/backend-cpu';
import { ops, tensor } from '@cnn/tensor';
import { afterEach, describe, expect, test } from 'vitest';
import { expectClose, float64, gradientOf, valuesOf } from './helpers.js';

const backend = cpuReference({ poison: true });
afterEach(() => expect(backend.live()).toBe(0));

const x = (numbers: readonly number[]) => float64(backend, numbers);
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** Value and derivative of a function at some points. */
function expectFunction(
  f: Parameters<typeof gradientOf>[0],
  at: readonly number[],
  values: readonly number[],
  slopes: readonly number[],
): void {
  expectClose(
    valuesOf(() => f(x(at))),
    values,
  );
  const input = x(at);
  expectClose(gradientOf(f, input), slopes);
  input.dispose();
}

describe('at kinks, and for NaN', () => {
  // Values and derivatives by PyTorch 1.13, but the derivatives at NaN, of which nothing is promised.
  test('relu', () => expectFunction(ops.relu, [-3, 0, 3], [0, 0, 3], [0, 0, 1]));
  test('leakyRelu', () => expectFunction(v => ops.leakyRelu(v), [-3, 0, 3], [-0.03, 0, 3], [0.01, 0.01, 1]));
  test('elu', () => expectFunction(v => ops.elu(v), [-3, 0, 3], [-0.950212931632136, 0, 3], [0.0497870683678639, 1, 1]));
  test('selu', () =>
    expectFunction(ops.selu, [-3, 0, 3], [-1.670568729, 0, 3.152102962], [0.08753061208, 1.758099341, 1.050700987]));
  test('relu6', () => expectFunction(ops.relu6, [-3, 0, 3, 6, 9], [0, 0, 3, 6, 6], [0, 0, 1, 0, 0]));
  test('hardSigmoid', () => expectFunction(ops.hardSigmoid, [-3, 0, 3, 6], [0, 0.5, 1, 1], [0, 1 / 6, 0, 0]));
  test('hardSwish', () => expectFunction(ops.hardSwish, [-3, 0, 3, 6], [0, 0, 3, 6], [-0.5, 0.5, 1.5, 1]));
  test('abs', () => expectFunction(ops.abs, [-3, 0, 3], [3, 0, 3], [-1, 0, 1]));
  test('clip, both bounds inclusive', () =>
    expectFunction(v => ops.clip(v, { low: 0, high: 1 }), [-1, 0, 0.5, 1, 2], [0, 0, 0.5, 1, 1], [0, 1, 1, 1, 0]));
  test('clip with the bounds crossed gives the upper one', () =>
    expect(valuesOf(() => ops.clip(x([-5, 2, 5]), { low: 3, high: 1 }))).toEqual([1, 1, 1]));
  test('prelu', () => expectFunction(v => ops.prelu(v, x([0.25])), [-2, 0, 2], [-0.5, 0, 2], [0.25, 0.25, 1]));

  test('NaN stays NaN', () => {
    const {
      relu,
      leakyRelu,
      elu,
      selu,
      relu6,
      hardSigmoid,
      hardSwish,
      abs,
      sign,
      silu,
      gelu,
      mish,
      softplus,
      sigmoid,
      tanh,
      exp,
      floor,
      round,
    } = ops;
    for (const [name, f] of Object.entries({
      relu,
      elu,
      selu,
      relu6,
      hardSigmoid,
      hardSwish,
      abs,
      sign,
      silu,
      mish,
      softplus,
      sigmoid,
      tanh,
      exp,
      floor,
      round,
    })) {
      expect(
        valuesOf(() => f(x([nan]))),
        name,
      ).toEqual([nan]);
    }
    expect(valuesOf(() => leakyRelu(x([nan])))).toEqual([nan]);
    expect(valuesOf(() => gelu(x([nan])))).toEqual([nan]);
    expect(valuesOf(() => ops.clip(x([nan, 5]), { low: 0, high: 1 }))).toEqual([nan, 1]);
    expect(valuesOf(() => ops.maximum(x([nan, 1]), x([1, nan])))).toEqual([nan, nan]);
    expect(valuesOf(() => ops.minimum(x([nan, 1]), x([1, nan])))).toEqual([nan, nan]);
  });

  test('large arguments overflow no gradient', () => {
    const f = [ops.elu, ops.selu, ops.silu, ops.softplus, ops.sigmoid, ops.tanh, ops.mish, ops.gelu];
    for (const each of f) {
      const input = x([-1000, 1000]);
      for (const slope of gradientOf(v => each(v), input)) expect([0, 1, 1.0507009873554805]).toContain(Math.abs(slope));
      input.dispose();
    }
  });
});

describe('rounding', () => {
  test('a half goes to the even number', () => {
    // -0 is as good as 0.
    expect(valuesOf(() => ops.abs(ops.round(x([0.5, 1.5, 2.5, -0.5, -1.5, -2.5]))))).toEqual([0, 2, 2, 0, 2, 2]);
    expect(valuesOf(() => ops.round(x([-1.5, -2.5, 3.5, 0.49999999999999994, 3.7, -3.7])))).toEqual([-2, -2, 4, 0, 4, -4]);
    expect(valuesOf(() => ops.round(x([2 ** 52 + 1, inf])))).toEqual([2 ** 52 + 1, inf]);
  });
  test('floor and ceil', () => {
    expect(valuesOf(() => ops.floor(x([1.5, -1.5, 2])))).toEqual([1, -2, 2]);
    expect(valuesOf(() => ops.ceil(x([1.5, -1.5, 2])))).toEqual([2, -1, 2]);
  });
  test('cast cuts fractions off', () => {
    expect(valuesOf(() => ops.cast(x([1.9, -1.9, 0.5]), 'int32'))).toEqual([1, -1, 0]);
    expect(valuesOf(() => ops.cast(x([0, 0.1, -2, nan]), 'bool'))).toEqual([0, 1, 1, 1]);
    expect(valuesOf(() => ops.cast(tensor(backend, [true, false], { dtype: 'bool' }), 'float64'))).toEqual([1, 0]);
  });
});

describe('pow', () => {
  test('as C has it', () => {
    // By PyTorch 1.13.
    const bases = [0, 0, 0, -2, -2, -2, 4, inf, 1, 1, -1, nan, 2];
    const exponents = [0, 2, -1, 3, 2, 0.5, 0.5, -1, inf, nan, inf, 0, -inf];
    expect(valuesOf(() => ops.pow(x(bases), x(exponents)))).toEqual([1, 0, inf, -8, 4, nan, 2, 0, 1, 1, 1, 1, 0]);
  });
  test('its derivatives at a base or exponent of 0', () => {
    // By PyTorch 1.13; log of a negative base is NaN.
    const [a, b] = [x([0, 0, 0, -2, 4]), x([0, 1, 2, 3, 0.5])];
    expect(gradientOf(v => ops.pow(v, b), a)).toEqual([0, 1, 0, 12, 0.25]);
    expectClose(
      gradientOf(v => ops.pow(a, v), b),
      [0, 0, 0, nan, 2 * Math.log(4)],
    );
    expect(gradientOf(v => ops.pow(v, 2), a)).toEqual([0, 0, 0, -4, 8]);
    expect(gradientOf(v => ops.pow(v, 0), a)).toEqual([0, 0, 0, 0, 0]);
    a.dispose();
    b.dispose();
  });
});

describe('ties', () => {
  test('maximum and minimum share the gradient evenly', () => {
    const a = x([1, 2, 3]);
    expect(gradientOf(v => ops.maximum(v, x([3, 2, 1])), a)).toEqual([0, 0.5, 1]);
    expect(gradientOf(v => ops.maximum(x([3, 2, 1]), v), a)).toEqual([0, 0.5, 1]);
    expect(gradientOf(v => ops.minimum(v, x([3, 2, 1])), a)).toEqual([1, 0.5, 0]);
    expect(gradientOf(v => ops.minimum(v, 2), a)).toEqual([1, 0.5, 0]);
    a.dispose();
  });
  test('a tensor against itself gets the whole', () => {
    const a = x([1, 2]);
    expect(gradientOf(v => ops.maximum(v, v), a)).toEqual([1, 1]);
    a.dispose();
  });
});

describe('comparison and logic', () => {
  test('NaN equals nothing, and is neither less nor greater', () => {
    const { equal, notEqual, less, lessEqual, greater, greaterEqual } = ops;
    const got = [equal, notEqual, less, lessEqual, greater, greaterEqual].map(f =>
      valuesOf(() => f(x([1, nan, nan]), x([1, nan, 1]))),
    );
    expect(got).toEqual([
      [1, 0, 0],
      [0, 1, 1],
      [0, 0, 0],
      [1, 0, 0],
      [0, 0, 0],
      [1, 0, 0],
    ]);
  });
  test('isFinite', () => {
    expect(valuesOf(() => ops.isFinite(x([0, -1e308, inf, -inf, nan])))).toEqual([1, 1, 0, 0, 0]);
  });
  test('the truth tables', () => {
    const bool = (numbers: readonly number[]) => tensor(backend, numbers, { dtype: 'bool' });
    const [a, b] = [
      [0, 0, 1, 1],
      [0, 1, 0, 1],
    ];
    expect(valuesOf(() => ops.logicalAnd(bool(a), bool(b)))).toEqual([0, 0, 0, 1]);
    expect(valuesOf(() => ops.logicalOr(bool(a), bool(b)))).toEqual([0, 1, 1, 1]);
    expect(valuesOf(() => ops.logicalXor(bool(a), bool(b)))).toEqual([0, 1, 1, 0]);
    expect(valuesOf(() => ops.logicalNot(bool(a)))).toEqual([1, 1, 0, 0]);
  });
  test('where picks, broadcasts, and keeps NaN of the other side out', () => {
    const condition = () => tensor(backend, [true, false, true], { dtype: 'bool' });
    expect(valuesOf(() => ops.where(condition(), x([1, nan, 3]), x([nan, 5, nan])))).toEqual([1, 5, 3]);
    expect(valuesOf(() => ops.where(condition(), 1, float64(backend, [[7], [8]])))).toEqual([1, 7, 1, 1, 8, 1]);
    const a = x([1, 2, 3]);
    expect(gradientOf(v => ops.where(condition(), v, nan), a)).toEqual([1, 0, 1]);
    expect(gradientOf(v => ops.where(condition(), 0, v), a)).toEqual([0, 1, 0]);
    a.dispose();
  });
});

describe('precision', () => {
  // By the series of the functions.
  test('expm1 and log1p keep small numbers', () => {
    expect(valuesOf(() => ops.expm1(x([1e-12])))).toEqual([1e-12 + 5e-25]);
    expect(valuesOf(() => ops.log1p(x([1e-12])))).toEqual([1e-12 - 5e-25]);
  });
  test('sigmoid and softplus do not overflow', () => {
    expect(valuesOf(() => ops.sigmoid(x([-1000, 0, 1000])))).toEqual([0, 0.5, 1]);
    expectClose(
      valuesOf(() => ops.softplus(x([-1000, 0, 1000]))),
      [0, Math.LN2, 1000],
      1e-15,
    );
    expectClose(
      valuesOf(() => ops.softplus(x([-40]))),
      [Math.exp(-40)],
      1e-30,
    );
  });
  test('erf', () => {
    // Abramowitz and Stegun, table 7.1.
    expectClose(
      valuesOf(() => ops.erf(x([0, 0.5, 1, 2, -1, inf]))),
      [0, 0.5204998778, 0.8427007929, 0.995322265, -0.8427007929, 1],
      1e-9,
    );
  });
  test('int32 wraps around', () => {
    const whole = (number: number) => tensor(backend, number, { dtype: 'int32' });
    expect(valuesOf(() => ops.add(whole(2 ** 31 - 1), 1))).toEqual([-(2 ** 31)]);
    expect(valuesOf(() => ops.mul(whole(123456789), 1000))).toEqual([Number(BigInt.asIntN(32, 123456789n * 1000n))]);
  });
});

describe('dropout', () => {
  test('drops its share, scales the rest, and keeps the expectation', () => {
    const n = 100_000;
    const kept = valuesOf(() => ops.dropout(ops.ones(backend, [n], 'float64'), 0.3, [1, 2]));
    const zeros = kept.filter(v => v === 0).length;
    expect(Math.abs(zeros / n - 0.3)).toBeLessThan(5 * Math.sqrt(0.21 / n));
    expectClose(
      kept.filter(v => v !== 0),
      Array.from({ length: n - zeros }, () => 1 / 0.7),
    );
    const average = kept.reduce((a, b) => a + b, 0) / n;
    expect(Math.abs(average - 1)).toBeLessThan((5 * Math.sqrt(0.21 / n)) / 0.7);
  });
  test('its gradient is the same mask', () => {
    const input = ops.ones(backend, [50], 'float64');
    expect(gradientOf(v => ops.dropout(v, 0.5, [3, 4]), input)).toEqual(valuesOf(() => ops.dropout(input, 0.5, [3, 4])));
    input.dispose();
  });
});
