/** The generator: known answers, distributions, and that one key says nothing of another. */
import {
  murmur3,
  OptionError,
  philox,
  type RandomKey,
  randomBernoulli,
  randomBits,
  randomKey,
  randomNormal,
  randomPermutation,
  randomTruncatedNormal,
  randomUniform,
} from '@cnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const hex = (words: Uint32Array): string => Array.from(words, word => word.toString(16).padStart(8, '0')).join(' ');

describe('Philox4x32-10', () => {
  // From the file kat_vectors of Random123.
  test.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ] as const)('counter %j, key %j', (counter, key, expected) => {
    const out = new Uint32Array(4);
    philox(counter, key, out);
    expect(hex(out)).toBe(expected);
  });

  test('writes where it is told', () => {
    const out = new Uint32Array(6);
    philox([0, 0, 0, 0], [0, 0], out, 1);
    expect(hex(out)).toBe('00000000 6627e8d5 e169c58d bc57ac4c 9b00dbd8 00000000');
  });

  test('randomBits counts the blocks from 0', () => {
    expect(hex(randomBits(4, [0, 0]))).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
    const second = new Uint32Array(4);
    philox([1, 0, 0, 0], [0, 0], second);
    expect(hex(randomBits(8, [0, 0]).subarray(4))).toBe(hex(second));
  });
});

describe('MurmurHash3 x86 32-bit', () => {
  const text = (s: string): Uint8Array => new TextEncoder().encode(s);
  // Published test vectors: those of the reference implementation's users, collected at https://stackoverflow.com/a/31929528.
  test.each([
    [[], 0, 0x00000000],
    [[], 1, 0x514e28b7],
    [[], 0xffffffff, 0x81f16f39],
    [[0xff, 0xff, 0xff, 0xff], 0, 0x76293b50],
    [[0x21, 0x43, 0x65, 0x87], 0, 0xf55b516b],
    [[0x21, 0x43, 0x65, 0x87], 0x5082edee, 0x2362f9de],
    [[0x21, 0x43, 0x65], 0, 0x7e4a8634],
    [[0x21, 0x43], 0, 0xa0f7b07a],
    [[0x21], 0, 0x72661cf4],
    [[0, 0, 0, 0], 0, 0x2362f9de],
    [[0, 0, 0], 0, 0x85f0b427],
    [[0, 0], 0, 0x30f4c306],
    [[0], 0, 0x514e28b7],
    [text('aaaa'), 0x9747b28c, 0x5a97808a],
    [text('aaa'), 0x9747b28c, 0x283e0130],
    [text('aa'), 0x9747b28c, 0x5d211726],
    [text('a'), 0x9747b28c, 0x7fa09ea6],
    [text('abcd'), 0x9747b28c, 0xf0478627],
    [text('abc'), 0x9747b28c, 0xc84a62dd],
    [text('ab'), 0x9747b28c, 0x74875592],
    [text('Hello, world!'), 0x9747b28c, 0x24884cba],
    [text('ππππππππ'), 0x9747b28c, 0xd58063c1],
    [text('The quick brown fox jumps over the lazy dog'), 0x9747b28c, 0x2fa826cd],
  ] as const)('%j with seed %i', (bytes, seed, expected) => {
    expect(murmur3(Uint8Array.from(bytes), seed)).toBe(expected);
  });
});

/** The moments of some numbers. */
function momentsOf(numbers: Float64Array): { mean: number; variance: number; skewness: number; kurtosis: number } {
  const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length;
  const central = (power: number): number => numbers.reduce((a, b) => a + (b - mean) ** power, 0) / numbers.length;
  const variance = central(2);
  return { mean, variance, skewness: central(3) / variance ** 1.5, kurtosis: central(4) / variance ** 2 };
}

/** How far counts are from even, in standard deviations of the chi-squared distribution (Wilson and Hilferty, 1931). */
function unevenness(counts: readonly number[]): number {
  const expected = counts.reduce((a, b) => a + b, 0) / counts.length;
  const statistic = counts.reduce((a, n) => a + (n - expected) ** 2 / expected, 0);
  const freedom = counts.length - 1;
  return ((statistic / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / Math.sqrt(2 / (9 * freedom));
}

function correlation(a: Float64Array, b: Float64Array): number {
  const [ma, mb] = [momentsOf(a), momentsOf(b)];
  return a.reduce((sum, v, i) => sum + (v - ma.mean) * (b[i]! - mb.mean), 0) / a.length / Math.sqrt(ma.variance * mb.variance);
}

const n = 200_000;
const key: RandomKey = [17, 4];
/** Five standard errors of a mean of `n` numbers of this variance. */
const five = (variance: number): number => 5 * Math.sqrt(variance / n);

describe('distributions', () => {
  test('uniform numbers fill [low, high) evenly', () => {
    const numbers = randomUniform(n, key);
    const { mean, variance } = momentsOf(numbers);
    expect(Math.abs(mean - 0.5)).toBeLessThan(five(1 / 12));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(five(1 / 180)); // the variance of (x - 1/2)²
    const counts = Array.from({ length: 256 }, () => 0);
    for (const x of numbers) counts[Math.floor(x * 256)]!++;
    expect(Math.abs(unevenness(counts))).toBeLessThan(4);
    expect(numbers.every(x => x >= 0 && x < 1)).toBe(true);
    const scaled = randomUniform(n, key, -3, 5);
    expect(scaled.every((x, i) => Math.abs(x - (8 * numbers[i]! - 3)) < 1e-12)).toBe(true);
  });

  test('float32 holds uniform numbers exactly, so none of them rounds up to 1', () => {
    expect(randomUniform(10_000, key).every(x => Math.fround(x) === x)).toBe(true);
  });

  test('normal numbers have the moments and the tails of the normal distribution', () => {
    const numbers = randomNormal(n, key, 3, 2);
    const { mean, variance, skewness, kurtosis } = momentsOf(numbers);
    expect(Math.abs(mean - 3)).toBeLessThan(five(4));
    expect(Math.abs(variance - 4)).toBeLessThan(five(2 * 16));
    expect(Math.abs(skewness)).toBeLessThan(five(6));
    expect(Math.abs(kurtosis - 3)).toBeLessThan(five(24));
    for (const [deviations, share] of [
      [1, 0.682689],
      [2, 0.9545],
      [3, 0.9973],
    ] as const) {
      const within = numbers.filter(x => Math.abs(x - 3) < 2 * deviations).length / n;
      expect(Math.abs(within - share)).toBeLessThan(five(share * (1 - share)) + 1e-6);
    }
    expect(numbers.every(Number.isFinite)).toBe(true);
    // The two numbers of a pair, and neighbours, are independent.
    expect(Math.abs(correlation(numbers.subarray(1), numbers.subarray(0, -1)))).toBeLessThan(five(1));
  });

  test('truncated normal numbers stay within the bound and have its variance', () => {
    const numbers = randomTruncatedNormal(n, key);
    const { mean, variance } = momentsOf(numbers);
    expect(numbers.every(x => Math.abs(x) <= 2)).toBe(true);
    expect(Math.abs(mean)).toBeLessThan(five(0.774));
    // 1 - 2 · 2 φ(2) / (2 Φ(2) - 1)
    expect(Math.abs(variance - 0.7737413)).toBeLessThan(five(1));
    const scaled = randomTruncatedNormal(1000, key, 10, 0.1, 0.5);
    expect(scaled.every(x => Math.abs(x - 10) <= 0.05 + 1e-12)).toBe(true);
    expect(() => randomTruncatedNormal(1, key, 0, 1, 0)).toThrow(
      new OptionError('randomTruncatedNormal', 'bound', 0, 'a number > 0'),
    );
  });

  test.each([0, 0.1, 0.5, 0.9, 1])('bernoulli with probability %d', probability => {
    const numbers = randomBernoulli(n, key, probability);
    expect(numbers.every(x => x === 0 || x === 1)).toBe(true);
    const share = numbers.reduce((a, b) => a + b, 0) / n;
    expect(Math.abs(share - probability)).toBeLessThanOrEqual(five(probability * (1 - probability)));
  });

  test.each([-0.1, 1.1, Number.NaN])('bernoulli refuses probability %d', probability => {
    expect(() => randomBernoulli(1, key, probability)).toThrow(
      new OptionError('randomBernoulli', 'probability', probability, 'a number in [0, 1]'),
    );
  });

  test('permutations are permutations', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(), fc.nat(), (length, a, b) => {
        const order = randomPermutation(length, [a, b]);
        expect(Array.from(order).sort((x, y) => x - y)).toEqual(Array.from({ length }, (_, i) => i));
      }),
    );
  });

  test('each of the 24 orders of four is as likely as the others', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 4800; i++) {
      const order = randomPermutation(4, randomKey('order', i)).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(Math.abs(unevenness([...counts.values()]))).toBeLessThan(4);
  });
});

describe('keys', () => {
  test('the same parts give the same key, and other parts, types or orders another', () => {
    expect(randomKey(1, 'features/0', 3)).toEqual(randomKey(1, 'features/0', 3));
    const keys = [
      randomKey(),
      randomKey(1),
      randomKey('1'),
      randomKey(1, 2),
      randomKey(2, 1),
      randomKey(12),
      randomKey('1', 2),
      randomKey('12'),
      randomKey('a', 'b'),
      randomKey('ab'),
      randomKey('a', '', 'b'),
      randomKey(-1),
      randomKey(0.5),
    ].map(String);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('10,000 steps of a layer give 10,000 keys, whose first numbers are even and independent', () => {
    const keys = Array.from({ length: 10_000 }, (_, step) => randomKey(1, 'features/drop', step));
    expect(new Set(keys.map(String)).size).toBe(keys.length);
    const firsts = Float64Array.from(keys, key => randomUniform(1, key)[0]!);
    const counts = Array.from({ length: 64 }, () => 0);
    for (const x of firsts) counts[Math.floor(x * 64)]!++;
    expect(Math.abs(unevenness(counts))).toBeLessThan(4);
    expect(Math.abs(correlation(firsts.subarray(1), firsts.subarray(0, -1)))).toBeLessThan(5 / Math.sqrt(keys.length));
  });

  test('a bit of difference in a key changes half of the bits', () => {
    const base = randomBits(4096, key);
    for (const other of [
      [17, 5],
      [16, 4],
      [4, 17],
    ] as const) {
      const bits = randomBits(4096, other);
      let changed = 0;
      for (let i = 0; i < bits.length; i++) for (let x = bits[i]! ^ base[i]!; x !== 0; x &= x - 1) changed++;
      expect(Math.abs(changed / (4096 * 32) - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / (4096 * 32)));
    }
  });

  test('a longer run of a key starts with the shorter one', () => {
    const draws: ((length: number, key: RandomKey) => ArrayLike<number>)[] = [
      randomBits,
      randomUniform,
      randomNormal,
      randomTruncatedNormal,
      (length, key) => randomBernoulli(length, key, 0.3),
    ];
    fc.assert(
      fc.property(fc.nat(60), fc.nat(60), fc.nat(), fc.constantFrom(...draws), (a, b, seed, draw) => {
        const long = Array.from(draw(a + b, [seed, 1]));
        expect(Array.from(draw(a, [seed, 1]))).toEqual(long.slice(0, a));
        expect(long).toHaveLength(a + b);
      }),
    );
  });
});
