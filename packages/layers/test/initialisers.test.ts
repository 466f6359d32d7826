import { cpuReference } from '@cnn/backend-cpu';
import { OptionError, randomKey } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import { initialise, initialisers, locallyConnected2d } from '../src/index.js';
import { golden, thrownBy } from './helpers.js';

const { fans, initialiserFrom, orthogonal, spreadOf, varianceSchemes } = initialisers;

const mean = (x: Float64Array): number => x.reduce((total, value) => total + value, 0) / x.length;
function deviation(x: Float64Array): number {
  const centre = mean(x);
  return Math.sqrt(mean(x.map(value => (value - centre) ** 2)));
}
const largest = (x: Float64Array): number => x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe('variance schemes', () => {
  for (const { name, attrs, outputs } of golden('init')) {
    const shape = attrs.weight_shape as number[];
    const expected = outputs as unknown as Record<string, number>;

    it(`has PyTorch's fans, bounds and deviations for ${name}`, () => {
      expect(fans(shape)).toEqual({ fanIn: expected.fan_in, fanOut: expected.fan_out });
      for (const scheme of ['xavier', 'he', 'lecun'] as const) {
        expect(spreadOf(varianceSchemes[`${scheme}Uniform`], shape)).toBeCloseTo(expected[`${scheme}_uniform_bound`]!, 8);
        expect(spreadOf(varianceSchemes[`${scheme}Normal`], shape)).toBeCloseTo(expected[`${scheme}_normal_std`]!, 8);
      }
    });
  }

  it('draws numbers with those deviations and bounds', () => {
    const { attrs, outputs } = golden('init')[1]!;
    const shape = attrs.weight_shape as number[];
    const expected = outputs as unknown as Record<string, number>;
    for (const scheme of ['xavier', 'he', 'lecun'] as const) {
      // 48,000 numbers: the mean is within 5 standard errors of 0, the deviation within 2 %.
      const drawn = initialisers[`${scheme}Normal`](shape, randomKey(1, scheme));
      const std = expected[`${scheme}_normal_std`]!;
      expect(drawn.length).toBe(48_000);
      expect(Math.abs(mean(drawn))).toBeLessThan((5 * std) / Math.sqrt(48_000));
      expect(Math.abs(deviation(drawn) / std - 1)).toBeLessThan(0.02);
      expect(largest(drawn)).toBeGreaterThan(3 * std);
      const even = initialisers[`${scheme}Uniform`](shape, randomKey(2, scheme));
      const bound = expected[`${scheme}_uniform_bound`]!;
      expect(largest(even)).toBeLessThanOrEqual(bound);
      expect(largest(even)).toBeGreaterThan(0.999 * bound);
      expect(Math.abs((deviation(even) * Math.sqrt(3)) / bound - 1)).toBeLessThan(0.02);
    }
  });

  it('takes the length of a vector as both fans', () => {
    expect(fans([7])).toEqual({ fanIn: 7, fanOut: 7 });
    expect(fans([])).toEqual({ fanIn: 1, fanOut: 1 });
  });
});

describe('simple initialisers', () => {
  const key = randomKey(3, 'simple');

  it('fills', () => {
    expect([...initialisers.zeros([2, 2], key)]).toEqual([0, 0, 0, 0]);
    expect([...initialisers.ones([3], key)]).toEqual([1, 1, 1]);
    expect([...initialisers.constant({ value: 0.1 })([2], key)]).toEqual([0.1, 0.1]);
  });

  it('draws with the options given', () => {
    const normal = initialisers.normal({ mean: 2, deviation: 0.5 })([40_000], key);
    expect(mean(normal)).toBeCloseTo(2, 1);
    expect(deviation(normal)).toBeCloseTo(0.5, 1);
    const cut = initialisers.truncatedNormal({ mean: 1, deviation: 0.5 })([40_000], key);
    expect(largest(cut.map(x => x - 1))).toBeLessThanOrEqual(1);
    // The deviation of a normal distribution cut at two deviations is 0.8796 of the whole one's.
    expect(Math.abs(deviation(cut) / (0.5 * 0.8796) - 1)).toBeLessThan(0.02);
    const even = initialisers.uniform({ low: 1, high: 3 })([40_000], key);
    expect(even.every(x => x >= 1 && x < 3)).toBe(true);
    expect(mean(even)).toBeCloseTo(2, 1);
  });

  it('gives the same numbers for a key and others for another', () => {
    const draw = (name: string) => [...initialisers.heNormal([4, 4], randomKey(1, name))];
    expect(draw('a')).toEqual(draw('a'));
    expect(draw('a')).not.toEqual(draw('b'));
  });
});

describe('orthogonal', () => {
  /** The largest difference of M Mᵀ, or Mᵀ M of a tall matrix, from the identity. */
  const defect = (m: Float64Array, rows: number, columns: number): number => {
    const at = rows <= columns ? (i: number, k: number) => m[i * columns + k]! : (i: number, k: number) => m[k * columns + i]!;
    const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
    let worst = 0;
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) {
        let product = 0;
        for (let k = 0; k < length; k++) product += at(i, k) * at(j, k);
        worst = Math.max(worst, Math.abs(product - (i === j ? 1 : 0)));
      }
    }
    return worst;
  };

  it.each([
    [[5, 5], 5, 5],
    [[3, 20], 3, 20],
    [[40, 7], 40, 7],
    [[8, 3, 3, 3], 8, 27],
    [[64, 64], 64, 64],
  ])('has orthonormal rows or columns: %j', (shape, rows, columns) => {
    expect(defect(orthogonal()(shape, randomKey(1, 'o')), rows, columns)).toBeLessThan(1e-14);
  });

  it('is scaled by its gain, and takes long vectors', () => {
    const matrix = orthogonal({ gain: 2 })([1, 300_000], randomKey(1, 'o'));
    expect(Math.sqrt(matrix.reduce((total, x) => total + x * x, 0))).toBeCloseTo(2, 12);
  });
});

describe('sparse', () => {
  it('connects each unit with so many inputs', () => {
    const matrix = initialisers.sparse({ connections: 7, deviation: 2 })([200, 5, 3, 3], randomKey(4, 'sparse'));
    const rows = Array.from({ length: 200 }, (_, i) => matrix.subarray(i * 45, (i + 1) * 45));
    for (const row of rows) expect(row.filter(x => x !== 0)).toHaveLength(7);
    // Each of 45 places is met by 200 * 7 / 45 = 31 rows, within four deviations of 5.1.
    const met = Array.from({ length: 45 }, (_, at) => rows.filter(row => row[at] !== 0).length);
    expect(Math.min(...met)).toBeGreaterThan(10);
    expect(Math.max(...met)).toBeLessThan(52);
    // 1,400 numbers: the deviation is within four standard errors of 1.9 %.
    expect(Math.abs(deviation(matrix.filter(x => x !== 0)) / 2 - 1)).toBeLessThan(0.08);
  });

  it('connects all where there are no more', () => {
    expect(
      initialisers
        .sparse()([2, 3], randomKey(4, 'sparse'))
        .filter(x => x !== 0),
    ).toHaveLength(6);
  });
});

describe('dirac', () => {
  // torch.nn.init.dirac_ and eye_.
  it.each([
    [
      [2, 3],
      [1, 0, 0, 0, 1, 0],
    ],
    [
      [3, 2, 2],
      [0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0],
    ],
    [
      [1, 1, 3, 3],
      [0, 0, 0, 0, 1, 0, 0, 0, 0],
    ],
  ])('is the identity of PyTorch for %j', (shape, wanted) => {
    expect([...initialisers.dirac(shape, randomKey(0))]).toEqual(wanted);
  });
});

describe('a locally connected layer', () => {
  it('has the fans of one place, and other numbers at each', () => {
    const backend = cpuReference();
    const net = initialise(locallyConnected2d({ filters: 10, kernelSize: 3 }), { backend, input: [4, 12, 12], dtype: 'float64' });
    const weight = Float64Array.from(net.variable('0.weight').value.dataSync());
    net.dispose();
    // 36,000 numbers of √(2 / (4 * 3 * 3)): the deviation is within 2 %.
    expect(weight.length).toBe(10 * 10 * 10 * 36);
    expect(Math.abs(deviation(weight) / Math.sqrt(2 / 36) - 1)).toBeLessThan(0.02);
    expect(weight.subarray(0, 360)).not.toEqual(weight.subarray(360, 720));
  });
});

describe('initialiserFrom', () => {
  const key = randomKey(0, 'x');

  it('finds every initialiser by its name or config', () => {
    expect([...initialiserFrom('zeros')([1], key)]).toEqual([0]);
    expect([...initialiserFrom({ type: 'ones' })([1], key)]).toEqual([1]);
    expect([...initialiserFrom({ type: 'constant', value: 4 })([1], key)]).toEqual([4]);
    for (const name of [
      'xavierNormal',
      'xavierUniform',
      'heNormal',
      'heUniform',
      'lecunNormal',
      'lecunUniform',
      'dirac',
    ] as const)
      expect(initialiserFrom(name)).toBe(initialisers[name]);
    for (const name of ['normal', 'truncatedNormal', 'uniform', 'orthogonal', 'sparse'] as const)
      expect(initialiserFrom(name)([2, 2], key)).toEqual(initialisers[name]()([2, 2], key));
    expect(initialiserFrom({ type: 'normal', deviation: 0.01 })([9], key)).toEqual(
      initialisers.normal({ deviation: 0.01 })([9], key),
    );
  });

  it.each([
    ['he', /option 'type' is 'he'; allowed: zeros, ones, xavierNormal/],
    ['toString', /option 'type' is 'toString'/],
    [null, /option 'type' is null/],
    [5, /option 'type' is 5/],
    [{}, /option 'type' is \{\}/],
    [{ type: 'heNormal', gain: 2 }, /heNormal: option 'gain' is 2; allowed: no option of this name; known: none/],
    [{ type: 'constant' }, /constant: option 'value' is undefined; allowed: a finite number/],
    [{ type: 'normal', deviation: -1 }, /normal: option 'deviation' is -1; allowed: a number >= 0/],
    [{ type: 'uniform', low: Number.NaN }, /uniform: option 'low' is NaN/],
  ])('refuses %j', (config, message) => {
    const error = thrownBy(() => initialiserFrom(config as string, 'conv2d.weightInitialiser'));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toMatch(message);
  });
});
