/**
 * Batch normalisation of [n, c, inner], each channel over n and inner. A call takes `channels` neighbouring channels of the c;
 * x, y and the numbers of channels begin at the first of them. Sums run as in `reduce.ts`: short runs in single
 * precision, the rest in double. Deviations are taken from the mean as float32; what that rounding lost, the `error`, is
 * their own mean. So a mean that is large beside the deviation does no harm.
 */
import { madd } from './generated/madd';
import { get, put, sumLanes, wholeOf } from './lanes';
import { sumOf } from './reduce';

const BLOCK: usize = 256;

@inline
function addTo(total: usize, value: f64): void {
  store<f64>(total, load<f64>(total) + value);
}

/** Adds the sums of d and d^2, where d = x - mean, over n neighbours to two totals. */
function addMoments(n: usize, x: usize, mean: f32, totals: usize): void {
  const m = f32x4.splat(mean);
  let i: usize = 0;
  while (i < wholeOf(n)) {
    const end = min(i + BLOCK, wholeOf(n));
    let sum = f32x4.splat(0), squares = f32x4.splat(0);
    for (; i < end; i += 4) {
      const d = f32x4.sub(v128.load(x + (i << 2)), m);
      sum = f32x4.add(sum, d);
      squares = madd(d, d, squares);
    }
    addTo(totals, sumLanes(sum));
    addTo(totals + 8, sumLanes(squares));
  }
  for (; i < n; i++) {
    const d = <f64>(load<f32>(x + (i << 2)) - mean);
    addTo(totals, d);
    addTo(totals + 8, d * d);
  }
}

/** Adds the sums of d, dy and dy d, where d = x - mean, over n neighbours to three totals. */
function addGradients(n: usize, dy: usize, x: usize, mean: f32, totals: usize): void {
  const m = f32x4.splat(mean);
  let i: usize = 0;
  while (i < wholeOf(n)) {
    const end = min(i + BLOCK, wholeOf(n));
    let sum = f32x4.splat(0), gradients = f32x4.splat(0), products = f32x4.splat(0);
    for (; i < end; i += 4) {
      const d = f32x4.sub(v128.load(x + (i << 2)), m), g = v128.load(dy + (i << 2));
      sum = f32x4.add(sum, d);
      gradients = f32x4.add(gradients, g);
      products = madd(g, d, products);
    }
    addTo(totals, sumLanes(sum));
    addTo(totals + 8, sumLanes(gradients));
    addTo(totals + 16, sumLanes(products));
  }
  for (; i < n; i++) {
    const d = <f64>(load<f32>(x + (i << 2)) - mean), g = <f64>load<f32>(dy + (i << 2));
    addTo(totals, d);
    addTo(totals + 8, g);
    addTo(totals + 16, g * d);
  }
}

/** y = (x - mean) * scale + shift over n neighbours. */
@inline
function affine(n: usize, x: usize, y: usize, mean: f32, scale: f32, shift: f32): void {
  const m = f32x4.splat(mean), a = f32x4.splat(scale), b = f32x4.splat(shift);
  let i: usize = 0;
  for (; i < wholeOf(n); i += 4) put(y + (i << 2), madd(f32x4.sub(get(x + (i << 2), true), m), a, b), true);
  for (; i < n; i++) put(y + (i << 2), madd(f32x4.sub(get(x + (i << 2), false), m), a, b), false);
}

/** -> y, and mean and biased variance of each channel. `totals` are 16 bytes of scratch. */
export function batchNorm(
  n: usize, c: usize, channels: usize, inner: usize, x: usize, weight: usize, bias: usize, epsilon: f64, totals: usize, y: usize, means: usize, variances: usize,
): void {
  const count = <f64>(n * inner);
  for (let channel: usize = 0; channel < channels; channel++) {
    const k = channel << 2;
    let sum: f64 = 0;
    for (let i: usize = 0; i < n; i++) sum += sumOf(inner, x + (((i * c + channel) * inner) << 2));
    const mean = <f32>(sum / count);
    memory.fill(totals, 0, 16);
    for (let i: usize = 0; i < n; i++) addMoments(inner, x + (((i * c + channel) * inner) << 2), mean, totals);
    const error = load<f64>(totals) / count;
    const variance = max(0, load<f64>(totals, 8) / count - error * error);
    store<f32>(means + k, <f32>(<f64>mean + error));
    store<f32>(variances + k, <f32>variance);

    const scale = <f64>load<f32>(weight + k) / sqrt(variance + epsilon);
    const shift = <f64>load<f32>(bias + k) - error * scale;
    for (let i: usize = 0; i < n; i++) {
      const at = ((i * c + channel) * inner) << 2;
      affine(inner, x + at, y + at, mean, <f32>scale, <f32>shift);
    }
  }
}

/** -> y, with given statistics. */
export function batchNormInference(
  n: usize, c: usize, channels: usize, inner: usize, x: usize, weight: usize, bias: usize, means: usize, variances: usize, epsilon: f64, y: usize,
): void {
  for (let i: usize = 0; i < n; i++) {
    for (let channel: usize = 0; channel < channels; channel++) {
      const at = ((i * c + channel) * inner) << 2;
      const k = channel << 2;
      const scale = <f32>(<f64>load<f32>(weight + k) / sqrt(<f64>load<f32>(variances + k) + epsilon));
      affine(inner, x + at, y + at, load<f32>(means + k), scale, load<f32>(bias + k));
    }
  }
}

/** dx = dy * a + (x - mean) * b + shift, at four neighbours or one. */
@inline
function combine(at: usize, whole: bool, dy: usize, x: usize, dx: usize, m: v128, a: v128, b: v128, shift: v128): void {
  put(dx + at, madd(get(dy + at, whole), a, madd(f32x4.sub(get(x + at, whole), m), b, shift)), whole);
}

/**
 * -> dx, dweight, dbias. With s = 1 / sqrt(variance + epsilon), x^ = (x - mean) s and N elements a channel:
 * dbias = sum dy, dweight = sum dy x^, dx = weight s (dy - dbias / N - x^ dweight / N) (Ioffe and Szegedy, 2015).
 * `totals` are 24 bytes of scratch.
 */
export function batchNormGrad(
  n: usize, c: usize, channels: usize, inner: usize, dy: usize, x: usize, weight: usize, means: usize, variances: usize, epsilon: f64,
  totals: usize, dx: usize, dweight: usize, dbias: usize,
): void {
  const count = <f64>(n * inner);
  for (let channel: usize = 0; channel < channels; channel++) {
    const k = channel << 2;
    const mean = load<f32>(means + k);
    const s = 1 / sqrt(<f64>load<f32>(variances + k) + epsilon);
    memory.fill(totals, 0, 24);
    for (let i: usize = 0; i < n; i++) {
      const at = ((i * c + channel) * inner) << 2;
      addGradients(inner, dy + at, x + at, mean, totals);
    }
    const error = load<f64>(totals) / count;
    const sum = load<f64>(totals, 8);
    const products = load<f64>(totals, 16) - error * sum;
    store<f32>(dbias + k, <f32>sum);
    store<f32>(dweight + k, <f32>(products * s));

    const a = <f64>load<f32>(weight + k) * s;
    const b = (-a * s * s * products) / count;
    const shift = (-a * sum) / count - error * b;
    const m = f32x4.splat(mean), av = f32x4.splat(<f32>a), bv = f32x4.splat(<f32>b), shiftV = f32x4.splat(<f32>shift);
    for (let i: usize = 0; i < n; i++) {
      const at = ((i * c + channel) * inner) << 2;
      let j: usize = 0;
      for (; j < wholeOf(inner); j += 4) combine(at + (j << 2), true, dy, x, dx, m, av, bv, shiftV);
      for (; j < inner; j++) combine(at + (j << 2), false, dy, x, dx, m, av, bv, shiftV);
    }
  }
}
