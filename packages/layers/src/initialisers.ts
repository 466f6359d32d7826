/** First values of parameters, as a function of the shape and a random key. Weights are [out, in / groups, ...kernel] or [out, in]. */
import {
  checkOptions,
  OptionError,
  option,
  type RandomKey,
  randomKey,
  randomNormal,
  randomPermutation,
  randomTruncatedNormal,
  randomUniform,
  type Shape,
  sizeOf,
} from '@cnn/tensor';

/** Makes the first values of a parameter, row-major. */
export type Initialiser = (shape: Shape, key: RandomKey) => Float64Array;

/** How many inputs feed one output of a weight, and how many outputs one input feeds. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** The fans of a weight [out, in, ...kernel]: in and out times the size of the kernel; both are the length of a vector. */
export function fans(shape: Shape): Fans {
  if (shape.length < 2) return { fanIn: sizeOf(shape), fanOut: sizeOf(shape) };
  const kernel = sizeOf(shape.slice(2));
  return { fanIn: shape[1]! * kernel, fanOut: shape[0]! * kernel };
}

/** All zeros. */
export const zeros: Initialiser = shape => new Float64Array(sizeOf(shape));

/** All ones. */
export const ones: Initialiser = shape => new Float64Array(sizeOf(shape)).fill(1);

/** The same number everywhere. */
export const constant =
  ({ value }: { value: number }): Initialiser =>
  shape =>
    new Float64Array(sizeOf(shape)).fill(value);

/** Normal numbers. Default mean 0, deviation 1. */
export const normal =
  ({ mean = 0, deviation = 1 }: { mean?: number; deviation?: number } = {}): Initialiser =>
  (shape, key) =>
    randomNormal(sizeOf(shape), key, mean, deviation);

/** Normal numbers, drawn again where they lie more than two deviations from the mean. Default mean 0, deviation 1. */
export const truncatedNormal =
  ({ mean = 0, deviation = 1 }: { mean?: number; deviation?: number } = {}): Initialiser =>
  (shape, key) =>
    randomTruncatedNormal(sizeOf(shape), key, mean, deviation);

/** Numbers spread evenly over [low, high). Default [-1, 1). */
export const uniform =
  ({ low = -1, high = 1 }: { low?: number; high?: number } = {}): Initialiser =>
  (shape, key) =>
    randomUniform(sizeOf(shape), key, low, high);

/** Which variance a scheme gives its weights: `gain` over the fan. */
export interface VarianceScheme {
  readonly gain: number;
  readonly fan: 'in' | 'out' | 'average';
  readonly distribution: 'normal' | 'uniform';
}

/** The schemes by name: Glorot and Bengio (2010), called Xavier's; He et al. (2015); LeCun et al. (1998). */
// #region schemes
export const varianceSchemes = {
  xavierNormal: { gain: 1, fan: 'average', distribution: 'normal' },
  xavierUniform: { gain: 1, fan: 'average', distribution: 'uniform' },
  heNormal: { gain: 2, fan: 'in', distribution: 'normal' },
  heUniform: { gain: 2, fan: 'in', distribution: 'uniform' },
  lecunNormal: { gain: 1, fan: 'in', distribution: 'normal' },
  lecunUniform: { gain: 1, fan: 'in', distribution: 'uniform' },
} as const satisfies Record<string, VarianceScheme>;
// #endregion schemes

/** The deviation of a normal scheme, or the bound of a uniform one, which is √3 deviations. */
// #region spread
export function spreadOf({ gain, fan, distribution }: VarianceScheme, shape: Shape): number {
  const { fanIn, fanOut } = fans(shape);
  const units = { in: fanIn, out: fanOut, average: (fanIn + fanOut) / 2 }[fan];
  const variance = gain / Math.max(1, units);
  return Math.sqrt(distribution === 'uniform' ? 3 * variance : variance);
}
// #endregion spread

/** An initialiser of a scheme: normal or uniform numbers with the scheme's variance and mean 0. */
export const varianceScaling =
  (scheme: VarianceScheme): Initialiser =>
  (shape, key) => {
    const spread = spreadOf(scheme, shape);
    return scheme.distribution === 'normal'
      ? randomNormal(sizeOf(shape), key, 0, spread)
      : randomUniform(sizeOf(shape), key, -spread, spread);
  };

/** Xavier's, normal: deviation √(2 / (in + out)). */
export const xavierNormal = varianceScaling(varianceSchemes.xavierNormal);
/** Xavier's, uniform: bound √(6 / (in + out)). */
export const xavierUniform = varianceScaling(varianceSchemes.xavierUniform);
/** He's, normal: deviation √(2 / in), for layers before a relu. */
export const heNormal = varianceScaling(varianceSchemes.heNormal);
/** He's, uniform: bound √(6 / in). */
export const heUniform = varianceScaling(varianceSchemes.heUniform);
/** LeCun's, normal: deviation √(1 / in). */
export const lecunNormal = varianceScaling(varianceSchemes.lecunNormal);
/** LeCun's, uniform: bound √(3 / in). */
export const lecunUniform = varianceScaling(varianceSchemes.lecunUniform);

/** A matrix [out, in × kernel] with orthonormal rows, or columns where it is tall (Saxe et al., 2013), times `gain` (default 1). */
export const orthogonal =
  ({ gain = 1 }: { gain?: number } = {}): Initialiser =>
  (shape, key) => {
    const rows = shape[0] ?? 1;
    const columns = sizeOf(shape) / Math.max(1, rows);
    const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
    // Gram and Schmidt on random vectors, twice over each, which keeps them orthogonal to rounding.
    const numbers = randomNormal(count * length, key);
    const vectors = Array.from({ length: count }, (_, i) => numbers.subarray(i * length, (i + 1) * length));
    vectors.forEach((vector, i) => {
      for (const earlier of [...vectors.slice(0, i), ...vectors.slice(0, i)]) {
        const along = vector.reduce((total, x, j) => total + x * earlier[j]!, 0);
        for (let j = 0; j < length; j++) vector[j]! -= along * earlier[j]!;
      }
      const norm = Math.sqrt(vector.reduce((total, x) => total + x * x, 0));
      for (let j = 0; j < length; j++) vector[j]! /= norm;
    });
    const matrix = new Float64Array(rows * columns);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) matrix[r * columns + c] = gain * (rows <= columns ? vectors[r]![c]! : vectors[c]![r]!);
    }
    return matrix;
  };

/**
 * Mostly zeros (Martens, 2010): each row of [out, in × kernel] has `connections` normal numbers at random places, all where it is
 * shorter. Default 10 of mean 0 and deviation 0.01.
 */
export const sparse =
  ({ connections = 10, deviation = 0.01 }: { connections?: number; deviation?: number } = {}): Initialiser =>
  (shape, key) => {
    const rows = shape[0] ?? 1;
    const length = sizeOf(shape) / Math.max(1, rows);
    const count = Math.min(connections, length);
    const weights = randomNormal(rows * count, key, 0, deviation);
    const matrix = new Float64Array(rows * length);
    for (let row = 0; row < rows; row++) {
      const places = randomPermutation(length, randomKey(...key, row)).subarray(0, count);
      places.forEach((place, i) => {
        matrix[row * length + place] = weights[row * count + i]!;
      });
    }
    return matrix;
  };

/**
 * The identity: output i of a weight [out, in, ...kernel] is input i, through the middle of the kernel, and 0 where there is no input
 * i, as PyTorch's `dirac_` and `eye_`.
 */
export const dirac: Initialiser = shape => {
  const [outputs = 1, inputs = 1, ...kernel] = shape;
  const numbers = new Float64Array(sizeOf(shape));
  const middle = kernel.reduce((at, n) => at * n + Math.floor(n / 2), 0);
  for (let i = 0; i < Math.min(outputs, inputs); i++) numbers[(i * inputs + i) * sizeOf(kernel) + middle] = 1;
  return numbers;
};

/** An initialiser as data: its name, or its name and options, as `{ type: 'normal', deviation: 0.01 }`. */
export type InitialiserConfig = string | ({ readonly type: string } & Readonly<Record<string, unknown>>);

const plain: Readonly<Record<string, Initialiser>> = {
  zeros,
  ones,
  xavierNormal,
  xavierUniform,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
  dirac,
};

const configured = {
  constant: { make: constant, rules: { value: option.number }, required: ['value'] },
  normal: { make: normal, rules: { mean: option.number, deviation: option.nonNegative }, required: [] },
  truncatedNormal: { make: truncatedNormal, rules: { mean: option.number, deviation: option.nonNegative }, required: [] },
  uniform: { make: uniform, rules: { low: option.number, high: option.number }, required: [] },
  orthogonal: { make: orthogonal, rules: { gain: option.number }, required: [] },
  sparse: { make: sparse, rules: { connections: option.count, deviation: option.nonNegative }, required: [] },
} as const;

/** The initialiser that a config names. @throws {OptionError} for an unknown name or option. */
export function initialiserFrom(config: InitialiserConfig, owner = 'initialiser'): Initialiser {
  const { type = config, ...options }: { type?: unknown } = typeof config === 'object' && config !== null ? config : {};
  if (typeof type === 'string' && Object.hasOwn(plain, type)) {
    checkOptions(type, options, {});
    return plain[type]!;
  }
  if (typeof type === 'string' && Object.hasOwn(configured, type)) {
    const { make, rules, required } = configured[type as keyof typeof configured];
    checkOptions(type, options, rules, required);
    return (make as (options: object) => Initialiser)(options);
  }
  throw new OptionError(owner, 'type', type, [...Object.keys(plain), ...Object.keys(configured)].join(', '));
}
