/**
 * Convolution of each channel by kernels of its own. Four numbers of a row would not keep the multipliers busy with one kernel, so a
 * plane is walked as one long row, 32 outputs at a time: what is computed between the end of a row and the start of the next is
 * left out afterwards.
 */
import { copy, Plan, preparePlanes, writeTaps } from './convolution-plan';
import { madd } from './generated/madd';

/**
 * The planes [first, first + count) of images * groups planes of x, each by the group's filters. The plan has one channel; `x` and
 * `y` are where the first image is. `tapStep` is 1, or -1 from a kernel's last tap on, to turn it over. Where pixels are spread, by
 * `spreadHeight` and `spreadWidth`, zeros lie between them, as for the input gradient of a strided convolution. `wide` is room for a
 * plane whose rows are as long as those that are read, or 0 where they are as long as y's.
 */
export function depthwise(
  planAt: usize, first: i32, count: i32, x: usize, spreadHeight: i32, spreadWidth: i32, weights: usize, tapStep: i32, bias: usize,
  least: f32, wide: usize, y: usize,
): void {
  const plan = changetype<Plan>(planAt);
  const taps = plan.kernelHeight * plan.kernelWidth;
  const planeBytes = <usize>(plan.height * plan.width) << 2, outBytes = <usize>(plan.outHeight * plan.outWidth) << 2;
  const length = (plan.outHeight - 1) * plan.planeWidth + plan.outWidth;
  if (plan.planes) memory.fill(plan.planes, 0, <usize>(plan.phaseRows * plan.phaseColumns * plan.planeHeight * plan.planeWidth) << 2);
  writeTaps(plan);
  for (let plane = first; plane < first + count; plane++) {
    let from = x + <usize>plane * planeBytes;
    if (plan.planes) {
      if (spreadHeight > 1 || spreadWidth > 1) spreadPlane(plan, from, spreadHeight, spreadWidth);
      else preparePlanes(plan, 1, from, plan.planes);
      from = plan.planes;
    }
    const group = plane % plan.groups;
    for (let filter = 0; filter < plan.filters; filter++) {
      const kernel = weights + (<usize>((group * plan.filters + filter) * taps) << 2);
      const to = y + <usize>(plane * plan.filters + filter) * outBytes;
      const value = load<f32>(bias + (<usize>(group * plan.filters + filter) << 2));
      convolveRun(length, taps, plan.taps, from, kernel, <usize>(tapStep << 2), value, least, wide ? wide : to);
      if (wide) narrow(plan, wide, to);
    }
  }
}

/** A plane with zeros between its pixels, into the plan's plane, in which they are already. */
function spreadPlane(plan: Plan, from: usize, spreadHeight: i32, spreadWidth: i32): void {
  for (let row = 0; row < plan.height; row++) {
    const toRow = plan.top + row * spreadHeight;
    if (toRow >= 0 && toRow < plan.planeHeight) {
      const to = plan.planes + (<usize>(toRow * plan.planeWidth) << 2);
      for (let column = 0; column < plan.width; column++) {
        const toColumn = plan.left + column * spreadWidth;
        if (toColumn >= 0 && toColumn < plan.planeWidth) store<f32>(to + (<usize>toColumn << 2), load<f32>(from + (<usize>column << 2)));
      }
    }
    from += <usize>plan.width << 2;
  }
}

/** y = the bias plus the sum over the taps of their weight times x at their offset, for a run of at least four outputs. */
function convolveRun(
  length: i32, taps: i32, offsets: usize, x: usize, kernel: usize, tapBytes: usize, bias: f32, least: f32, y: usize,
): void {
  let i = 0;
  for (; i + 32 <= length; i += 32) convolve32(taps, offsets, x + (<usize>i << 2), kernel, tapBytes, bias, least, y + (<usize>i << 2));
  for (; i < length; i += 4) {
    // The last four overlap those before.
    const at = <usize>min(i, length - 4) << 2;
    convolve4(taps, offsets, x + at, kernel, tapBytes, bias, least, y + at);
  }
}

/** 32 neighbouring outputs. */
export function convolve32(
  taps: i32, offsets: usize, x: usize, kernel: usize, tapBytes: usize, bias: f32, least: f32, y: usize,
): void {
  let sum0 = f32x4.splat(bias), sum1 = sum0, sum2 = sum0, sum3 = sum0, sum4 = sum0, sum5 = sum0, sum6 = sum0, sum7 = sum0;
  if (taps > 0) {
    do {
      const from = x + <usize>load<i32>(offsets);
      const weight = v128.load32_splat(kernel);
      sum0 = madd(weight, v128.load(from), sum0);
      sum1 = madd(weight, v128.load(from, 16), sum1);
      sum2 = madd(weight, v128.load(from, 32), sum2);
      sum3 = madd(weight, v128.load(from, 48), sum3);
      sum4 = madd(weight, v128.load(from, 64), sum4);
      sum5 = madd(weight, v128.load(from, 80), sum5);
      sum6 = madd(weight, v128.load(from, 96), sum6);
      sum7 = madd(weight, v128.load(from, 112), sum7);
      kernel += tapBytes;
      offsets += 4;
      taps--;
    } while (taps > 0);
  }
  const floor = f32x4.splat(least);
  v128.store(y, f32x4.max(sum7, floor), 112);
  v128.store(y, f32x4.max(sum6, floor), 96);
  v128.store(y, f32x4.max(sum5, floor), 80);
  v128.store(y, f32x4.max(sum4, floor), 64);
  v128.store(y, f32x4.max(sum3, floor), 48);
  v128.store(y, f32x4.max(sum2, floor), 32);
  v128.store(y, f32x4.max(sum1, floor), 16);
  v128.store(y, f32x4.max(sum0, floor));
}

/** 4 neighbouring outputs. */
function convolve4(taps: i32, offsets: usize, x: usize, kernel: usize, tapBytes: usize, bias: f32, least: f32, y: usize): void {
  let sum = f32x4.splat(bias);
  for (; taps > 0; taps--) {
    sum = madd(v128.load32_splat(kernel), v128.load(x + <usize>load<i32>(offsets)), sum);
    kernel += tapBytes;
    offsets += 4;
  }
  v128.store(y, f32x4.max(sum, f32x4.splat(least)));
}

/** The outputs of each row, without what is between the rows. */
function narrow(plan: Plan, from: usize, to: usize): void {
  for (let row = 0; row < plan.outHeight; row++) {
    copy(from, to, plan.outWidth);
    from += <usize>plan.planeWidth << 2;
    to += <usize>plan.outWidth << 2;
  }
}
