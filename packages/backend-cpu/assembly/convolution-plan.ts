/**
 * Direct convolution of images [n, groups * channels, height, width]: nothing is unfolded, the micro-kernels walk over
 * the (padded) image by tables of byte offsets.
 *
 * Images and groups are walked as one axis, since [n, groups * channels, …] is [n * groups, channels, …]. An image that is
 * padded or strided is first copied into planes: with stride s, column x of the padded image goes to phase x % s, column
 * x / s, so that neighbouring outputs read neighbouring numbers whatever the stride. A tap is then one offset:
 * [channel, phase row, phase column, row, column].
 *
 * Taps are ordered (kernel row, channel, kernel column): those that meet real rows, not padding, are one slice.
 */

/** A convolution, as `src/wasm/convolution-direct.ts` writes it: the fields and their order are the same there. */
@unmanaged
export class Plan {
  images: i32;
  groups: i32;
  /** Of one group of the input. */
  channels: i32;
  height: i32;
  width: i32;
  /** Output channels of one group. */
  filters: i32;
  outHeight: i32;
  outWidth: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  dilationHeight: i32;
  dilationWidth: i32;
  /** Zeros before the first row and column; negative: rows and columns that are left out. */
  top: i32;
  left: i32;
  /** How the image lies when it is read: phases of rows and columns, and the size of a phase's plane. */
  phaseRows: i32;
  phaseColumns: i32;
  planeHeight: i32;
  planeWidth: i32;
  /** Room for images in that form, or 0 where it is read as it is. */
  planes: usize;
  /** Room for the byte offsets of the taps. */
  taps: usize;
  /** Room for the groups of four pixels. */
  pixels: usize;
  /** Forward: room for an output whose rows are rounded up to four; weight gradient: for such rows of dy. 0 where not needed. */
  wideRows: usize;
  /** Weight gradient: images that are walked in one loop. */
  block: i32;
}

/** Numbers between neighbouring channels of the image as it is read. */
@inline
export function channelSize(plan: Plan): i32 {
  return plan.phaseRows * plan.phaseColumns * plan.planeHeight * plan.planeWidth;
}

@inline
export function ceilDiv(a: i32, b: i32): i32 {
  return (a + b - 1) / b;
}

/** ceil(a / b), and 0 where a is negative. */
@inline
export function ceilDivFromZero(a: i32, b: i32): i32 {
  return a > 0 ? ceilDiv(a, b) : 0;
}

/** How many of `total` go into one of `panels` nearly equal panels: 16 into 3 are 6 + 5 + 5. */
@inline
export function panelRows(total: i32, panels: i32, panel: i32): i32 {
  return total / panels + i32(panel < total % panels);
}

/** Where row or column `at` of the padded image lies: the offset of its phase, of size `phase`, plus its place there. */
@inline
export function inPhases(at: i32, stride: i32, phase: i32, step: i32): i32 {
  return (at % stride) * phase + (at / stride) * step;
}

/** The byte offset of each tap from its output's place. */
export function writeTaps(plan: Plan): void {
  const plane = plan.planeHeight * plan.planeWidth;
  let to = plan.taps;
  for (let ky = 0; ky < plan.kernelHeight; ky++) {
    const row = inPhases(ky * plan.dilationHeight, plan.strideHeight, plan.phaseColumns * plane, plan.planeWidth);
    for (let c = 0; c < plan.channels; c++) {
      const channel = c * channelSize(plan) + row;
      for (let kx = 0; kx < plan.kernelWidth; kx++) {
        store<i32>(to, (channel + inPhases(kx * plan.dilationWidth, plan.strideWidth, plane, 1)) << 2);
        to += 4;
      }
    }
  }
}

/**
 * `channels` planes of x to the form in which they are read. What is not of x stays as it is: whoever prepares image after
 * image in the same place clears it once.
 */
export function preparePlanes(plan: Plan, channels: i32, x: usize, to: usize): void {
  const planeWidth = plan.planeWidth, strideHeight = plan.strideHeight, strideWidth = plan.strideWidth;
  const rowBytes = <usize>(strideHeight * plan.width) << 2;
  for (let c = 0; c < channels; c++) {
    for (let phaseRow = 0; phaseRow < plan.phaseRows; phaseRow++) {
      const above = plan.top - phaseRow;
      const firstRow = ceilDivFromZero(above, strideHeight);
      const lastRow = min(plan.planeHeight, ceilDivFromZero(plan.height + above, strideHeight));
      for (let phaseColumn = 0; phaseColumn < plan.phaseColumns; phaseColumn++) {
        const before = plan.left - phaseColumn;
        const first = ceilDivFromZero(before, strideWidth);
        const columns = min(planeWidth, ceilDivFromZero(plan.width + before, strideWidth)) - first;
        let from = x + (<usize>((firstRow * strideHeight - above) * plan.width + first * strideWidth - before) << 2);
        let row = to + (<usize>(firstRow * planeWidth + first) << 2);
        for (let i = firstRow; i < lastRow; i++) {
          if (strideWidth == 1) copy(from, row, columns);
          else copyStrided(from, <usize>strideWidth << 2, row, columns);
          from += rowBytes;
          row += <usize>planeWidth << 2;
        }
        to += <usize>(plan.planeHeight * planeWidth) << 2;
      }
    }
    x += <usize>(plan.height * plan.width) << 2;
  }
}

/** A row, by a loop: rows are short, and memory.copy is a call out of the module. */
@inline
export function copy(from: usize, to: usize, n: i32): void {
  for (; n >= 4; n -= 4) {
    v128.store(to, v128.load(from));
    from += 16;
    to += 16;
  }
  for (; n > 0; n--) {
    store<f32>(to, load<f32>(from));
    from += 4;
    to += 4;
  }
}

@inline
export function copyStrided(from: usize, stepBytes: usize, to: usize, n: i32): void {
  for (; n > 0; n--) {
    store<f32>(to, load<f32>(from));
    from += stepBytes;
    to += 4;
  }
}
