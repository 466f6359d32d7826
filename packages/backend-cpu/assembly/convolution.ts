/**
 * Direct convolution of images [n, groups * channels, height, width]: nothing is unfolded, the
 * micro-kernels walk over the (padded) image by tables of byte offsets.
 *
 * Images and groups are walked as one axis, since [n, groups * channels, …] is [n * groups, channels, …]. An image that is
 * padded or strided is first copied into planes: with stride s, column x of the padded image goes to phase x % s, column
 * x / s, so that neighbouring outputs read neighbouring numbers whatever the stride. A tap is then one offset:
 * [channel, phase row, phase column, row, column].
 *
 * Taps are ordered (kernel row, channel, kernel column): those that meet real rows, not padding, are one slice.
 */
import { CONVOLVE_ROWS, convolve, correlate, correlateRows } from './generated/convolution';

/** A convolution, as `src/wasm/convolution.ts` writes it: the fields and their order are the same there. */
@unmanaged
class Plan {
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
  /** Room for the image in that form, or 0 where it is read as it is. */
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
function channelSize(plan: Plan): i32 {
  return plan.phaseRows * plan.phaseColumns * plan.planeHeight * plan.planeWidth;
}

@inline
function ceilDiv(a: i32, b: i32): i32 {
  return (a + b - 1) / b;
}

/** ceil(a / b), and 0 where a is negative. */
@inline
function ceilDivFromZero(a: i32, b: i32): i32 {
  return a > 0 ? ceilDiv(a, b) : 0;
}

/** Where row or column `at` of the padded image lies: the offset of its phase, of size `phase`, plus its place there. */
@inline
function inPhases(at: i32, stride: i32, phase: i32, step: i32): i32 {
  return (at % stride) * phase + (at / stride) * step;
}

/** `channels` planes of x to the form in which they are read. */
function preparePlanes(plan: Plan, channels: i32, x: usize, to: usize): void {
  const height = plan.height, width = plan.width, planeWidth = plan.planeWidth;
  const strideHeight = plan.strideHeight, strideWidth = plan.strideWidth;
  for (let c = 0; c < channels; c++) {
    for (let phaseRow = 0; phaseRow < plan.phaseRows; phaseRow++) {
      for (let phaseColumn = 0; phaseColumn < plan.phaseColumns; phaseColumn++) {
        const before = plan.left - phaseColumn;
        const first = min(planeWidth, ceilDivFromZero(before, strideWidth));
        const last = max(first, min(planeWidth, ceilDivFromZero(width + before, strideWidth)));
        for (let row = 0; row < plan.planeHeight; row++) {
          const y = row * strideHeight + phaseRow - plan.top;
          if (y < 0 || y >= height) {
            zeros(to, planeWidth);
          } else {
            zeros(to, first);
            const from = x + (<usize>(y * width + first * strideWidth - before) << 2);
            const at = to + (<usize>first << 2);
            if (strideWidth == 1) copy(from, at, last - first);
            else copyStrided(from, <usize>strideWidth << 2, at, last - first);
            zeros(to + (<usize>last << 2), planeWidth - last);
          }
          to += <usize>planeWidth << 2;
        }
      }
    }
    x += <usize>(height * width) << 2;
  }
}

// Loops instead of memory.fill and memory.copy: a row is short, and those are calls out of the module.
@inline
function zeros(to: usize, n: i32): void {
  const zero = f32x4.splat(0);
  for (; n >= 4; n -= 4) {
    v128.store(to, zero);
    to += 16;
  }
  for (; n > 0; n--) {
    store<f32>(to, 0);
    to += 4;
  }
}

@inline
function copy(from: usize, to: usize, n: i32): void {
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
function copyStrided(from: usize, stepBytes: usize, to: usize, n: i32): void {
  for (; n > 0; n--) {
    store<f32>(to, load<f32>(from));
    from += stepBytes;
    to += 4;
  }
}

// ---------------------------------------------------------------------------------------------------------- forward

/**
 * Filters into panels of at most CONVOLVE_ROWS rows of nearly equal size, each [taps, rows] with the taps in the order that
 * the file's comment tells. The strides are in elements and may be negative: the input gradient turns its kernels over.
 */
export function packFilters(
  groups: i32, filters: i32, channels: i32, kernelHeight: i32, kernelWidth: i32, weight: usize,
  groupStride: i32, filterStride: i32, channelStride: i32, rowStride: i32, columnStride: i32, to: usize,
): void {
  const panels = ceilDiv(filters, CONVOLVE_ROWS);
  const filterBytes = <usize>filterStride << 2;
  for (let g = 0; g < groups; g++) {
    let first = g * groupStride;
    for (let panel = 0; panel < panels; panel++) {
      const rows = panelRows(filters, panels, panel);
      for (let ky = 0; ky < kernelHeight; ky++) {
        for (let c = 0; c < channels; c++) {
          let at = weight + (<usize>(first + c * channelStride + ky * rowStride) << 2);
          for (let kx = 0; kx < kernelWidth; kx++) {
            copyStrided(at, filterBytes, to, rows);
            to += <usize>rows << 2;
            at += <usize>columnStride << 2;
          }
        }
      }
      first += rows * filterStride;
    }
  }
}

/** Rows of one of `panels` panels that share `filters` rows: 16 of at most 6 are 6 + 5 + 5. */
@inline
function panelRows(filters: i32, panels: i32, panel: i32): i32 {
  return filters / panels + i32(panel < filters % panels);
}

/** y = x convolved with packed filters, plus the bias [groups * filters]. */
export function convolution(planAt: usize, x: usize, weights: usize, bias: usize, y: usize): void {
  const plan = changetype<Plan>(planAt);
  const filters = plan.filters, planes = plan.planes, pixels = plan.pixels, taps = plan.taps, wideRows = plan.wideRows;
  const rowsOut = filters * plan.outHeight;
  const imageBytes = <usize>(plan.channels * plan.height * plan.width) << 2;
  const outBytes = <usize>(rowsOut * plan.outWidth) << 2;
  const planeBytes = <usize>(plan.outHeight * (wideRows ? 4 : plan.outWidth)) << 2;
  const tapCount = plan.kernelHeight * plan.channels * plan.kernelWidth;
  const panels = ceilDiv(filters, CONVOLVE_ROWS);
  writeTaps(plan);
  const pairs = writePixelPairs(plan);
  for (let image = 0; image < plan.images; image++) {
    let panel = weights, panelBias = bias;
    for (let group = 0; group < plan.groups; group++) {
      let from = x;
      if (planes) {
        preparePlanes(plan, plan.channels, x, planes);
        from = planes;
      }
      let to = wideRows ? wideRows : y;
      for (let p = 0; p < panels; p++) {
        const rows = panelRows(filters, panels, p);
        let pair = pixels;
        for (let i = 0; i < pairs; i++) {
          const first = load<i32>(pair, 16);
          convolve(
            rows, load<i32>(pair, 20), panel + (<usize>(first * rows) << 2), taps + (<usize>first << 2),
            from + <usize>load<i32>(pair), from + <usize>load<i32>(pair, 4), to + <usize>load<i32>(pair, 8), to + <usize>load<i32>(pair, 12),
            planeBytes, panelBias,
          );
          pair += PAIR_BYTES;
        }
        panel += <usize>(tapCount * rows) << 2;
        panelBias += <usize>rows << 2;
        to += <usize>rows * planeBytes;
      }
      if (wideRows) narrowRows(rowsOut, plan.outWidth, wideRows, y);
      x += imageBytes;
      y += outBytes;
    }
  }
}

/** The byte offset of each tap from its output's place. */
function writeTaps(plan: Plan): void {
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

const PAIR_BYTES: usize = 24;

/**
 * Two groups of four outputs at a time: [input 0, input 1, output 0, output 1, first tap, taps], offsets in bytes. The last
 * group of a row overlaps its neighbour, and the last pair may hold one group twice: what is written twice is the same.
 */
function writePixelPairs(plan: Plan): i32 {
  const rowTaps = plan.channels * plan.kernelWidth;
  const width = max(4, plan.outWidth);
  let to = plan.pixels, groups = 0;
  for (let y = 0; y < plan.outHeight; y++) {
    // Kernel rows that meet the image, not its padding.
    const above = plan.top - y * plan.strideHeight;
    const first = min(plan.kernelHeight, ceilDivFromZero(above, plan.dilationHeight));
    const last = min(plan.kernelHeight, ceilDivFromZero(plan.height + above, plan.dilationHeight));
    for (let column = 0; column < width; column += 4) {
      const x = min(column, width - 4);
      const input = (y * plan.planeWidth + x) << 2, output = (y * width + x) << 2;
      if ((groups & 1) == 0) {
        store<i32>(to, input);
        store<i32>(to, input, 4);
        store<i32>(to, output, 8);
        store<i32>(to, output, 12);
        store<i32>(to, first * rowTaps, 16);
        store<i32>(to, (last - first) * rowTaps, 20);
        to += PAIR_BYTES;
      } else {
        const pair = to - PAIR_BYTES;
        const firstTap = min(load<i32>(pair, 16), first * rowTaps);
        const lastTap = max(load<i32>(pair, 16) + load<i32>(pair, 20), last * rowTaps);
        store<i32>(pair, input, 4);
        store<i32>(pair, output, 12);
        store<i32>(pair, firstTap, 16);
        store<i32>(pair, lastTap - firstTap, 20);
      }
      groups++;
    }
  }
  return (groups + 1) >> 1;
}

/** Rows of 4 to rows of `width` < 4. */
function narrowRows(rows: i32, width: i32, from: usize, to: usize): void {
  for (let row = 0; row < rows; row++) {
    for (let x = 0; x < width; x++) store<f32>(to + (<usize>x << 2), load<f32>(from + (<usize>x << 2)));
    from += 16;
    to += <usize>width << 2;
  }
}

// -------------------------------------------------------------------------------------------------- weight gradient

/** Most taps of `correlate`. */
const MOST_TAPS: i32 = 5;

/**
 * dw [groups * filters, channels, kernelHeight, kernelWidth] = the sum over images and pixels of dy * x.
 *
 * A block of images is walked in one loop, since one small image would not pay for the call. Sums are taken over the lanes
 * of a block first and then added up, which keeps them accurate.
 */
export function convolutionWeightGrad(planAt: usize, x: usize, dy: usize, dw: usize): void {
  const plan = changetype<Plan>(planAt);
  const channelsIn = plan.groups * plan.channels, channelsOut = plan.groups * plan.filters;
  const groupWeights = <usize>(plan.filters * plan.channels * plan.kernelHeight * plan.kernelWidth) << 2;
  memory.fill(dw, 0, <usize>plan.groups * groupWeights);
  const planes = plan.planes, wideRows = plan.wideRows;
  const wideWidth = ceilDiv(plan.outWidth, 4) * 4;
  const imageBytes = <usize>(channelsIn * plan.height * plan.width) << 2;
  const outBytes = <usize>(channelsOut * plan.outHeight * plan.outWidth) << 2;
  const planeBytes = <usize>(plan.outHeight * wideWidth) << 2;
  for (let first = 0; first < plan.images; first += plan.block) {
    const images = min(plan.block, plan.images - first);
    let from = x, gradient = dy;
    if (planes) {
      preparePlanes(plan, images * channelsIn, x, planes);
      from = planes;
    }
    if (wideRows) {
      widenRows(images * channelsOut * plan.outHeight, plan.outWidth, wideWidth, dy, wideRows);
      gradient = wideRows;
    }
    writePixels(plan, images, channelsIn * channelSize(plan), channelsOut * plan.outHeight * wideWidth);
    for (let group = 0; group < plan.groups; group++) {
      correlateGroup(
        plan, images, from + (<usize>(group * plan.channels * channelSize(plan)) << 2), gradient + <usize>(group * plan.filters) * planeBytes,
        planeBytes, dw + <usize>group * groupWeights,
      );
    }
    x += <usize>images * imageBytes;
    dy += <usize>images * outBytes;
  }
}

/** Rows of `width` to rows of `wideWidth`, filled with zeros. */
function widenRows(rows: i32, width: i32, wideWidth: i32, from: usize, to: usize): void {
  for (let row = 0; row < rows; row++) {
    copy(from, to, width);
    zeros(to + (<usize>width << 2), wideWidth - width);
    from += <usize>width << 2;
    to += <usize>wideWidth << 2;
  }
}

/** Groups of four pixels, [input, output] in bytes, in the order (row, image, column): some rows of all images are a slice. */
function writePixels(plan: Plan, images: i32, imageSize: i32, outSize: i32): void {
  const wideWidth = ceilDiv(plan.outWidth, 4) * 4;
  let to = plan.pixels;
  for (let y = 0; y < plan.outHeight; y++) {
    for (let image = 0; image < images; image++) {
      for (let x = 0; x < wideWidth; x += 4) {
        store<i32>(to, (image * imageSize + y * plan.planeWidth + x) << 2);
        store<i32>(to, (image * outSize + y * wideWidth + x) << 2, 4);
        to += 8;
      }
    }
  }
}

/**
 * The weight gradient of one group, added to dw. Taps of a kernel row that lie equally far apart are taken together: with
 * stride, those of one phase.
 */
function correlateGroup(plan: Plan, images: i32, x: usize, dy: usize, planeBytes: usize, dw: usize): void {
  const plane = plan.planeHeight * plan.planeWidth;
  const common = greatestCommonDivisor(plan.strideWidth, plan.dilationWidth);
  const tapStep = plan.strideWidth / common;
  const stepBytes = <usize>(plan.dilationWidth / common) << 2;
  for (let start = 0; start < min(tapStep, plan.kernelWidth); start++) {
    const inPhase = ceilDiv(plan.kernelWidth - start, tapStep);
    const parts = ceilDiv(inPhase, MOST_TAPS);
    let kx = start;
    for (let part = 0; part < parts; part++) {
      const taps = panelRows(inPhase, parts, part);
      const column = inPhases(kx * plan.dilationWidth, plan.strideWidth, plane, 1);
      correlateTaps(plan, images, kx, tapStep, taps, x + (<usize>column << 2), stepBytes, dy, planeBytes, dw);
      kx += taps * tapStep;
    }
  }
}

/** The weight gradient of the taps kx, kx + tapStep, … of every kernel row. */
function correlateTaps(
  plan: Plan, images: i32, kx: i32, tapStep: i32, taps: i32, x: usize, stepBytes: usize, dy: usize, planeBytes: usize, dw: usize,
): void {
  const plane = plan.planeHeight * plan.planeWidth;
  const kernelSize = plan.kernelHeight * plan.kernelWidth;
  const filterSize = plan.channels * kernelSize;
  const rowGroups = images * ceilDiv(plan.outWidth, 4);
  const most = correlateRows(taps);
  const panels = ceilDiv(plan.filters, most);
  let filter = 0;
  for (let panel = 0; panel < panels; panel++) {
    const rows = panelRows(plan.filters, panels, panel);
    for (let c = 0; c < plan.channels; c++) {
      for (let ky = 0; ky < plan.kernelHeight; ky++) {
        const tapRow = ky * plan.dilationHeight;
        // Output rows whose tap meets the image, not its padding.
        const first = ceilDivFromZero(plan.top - tapRow, plan.strideHeight);
        const last = min(plan.outHeight, ceilDivFromZero(plan.height + plan.top - tapRow, plan.strideHeight));
        if (first >= last) continue;
        const row = inPhases(tapRow, plan.strideHeight, plan.phaseColumns * plane, plan.planeWidth);
        const filterWeights = filter * filterSize + c * kernelSize + ky * plan.kernelWidth + kx;
        correlate(
          rows, taps, (last - first) * rowGroups, plan.pixels + (<usize>(first * rowGroups) << 3),
          x + (<usize>(c * channelSize(plan) + row) << 2), stepBytes, dy + <usize>filter * planeBytes, planeBytes,
          dw + (<usize>filterWeights << 2), <usize>filterSize << 2, <usize>tapStep << 2,
        );
      }
    }
    filter += rows;
  }
}

function greatestCommonDivisor(a: i32, b: i32): i32 {
  while (b != 0) {
    const rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

// --------------------------------------------------------------------------------- input gradient of strided convolution

/**
 * dx [channels, height, width] of one image and group = the sum of what each pixel gave to columns
 * [channels, kernelHeight, kernelWidth, outHeight, outWidth].
 */
export function foldColumns(planAt: usize, columns: usize, dx: usize): void {
  const plan = changetype<Plan>(planAt);
  const height = plan.height, width = plan.width, outWidth = plan.outWidth, stride = plan.strideWidth;
  memory.fill(dx, 0, <usize>(plan.channels * height * width) << 2);
  for (let c = 0; c < plan.channels; c++) {
    for (let ky = 0; ky < plan.kernelHeight; ky++) {
      for (let kx = 0; kx < plan.kernelWidth; kx++) {
        const before = plan.left - kx * plan.dilationWidth;
        const first = ceilDivFromZero(before, stride);
        const last = min(outWidth, ceilDivFromZero(width + before, stride));
        for (let oy = 0; oy < plan.outHeight; oy++) {
          const y = oy * plan.strideHeight + ky * plan.dilationHeight - plan.top;
          if (y >= 0 && y < height) {
            let to = dx + (<usize>(y * width + first * stride - before) << 2);
            for (let ox = first; ox < last; ox++) {
              store<f32>(to, load<f32>(to) + load<f32>(columns + (<usize>ox << 2)));
              to += <usize>stride << 2;
            }
          }
          columns += <usize>outWidth << 2;
        }
      }
    }
    dx += <usize>(height * width) << 2;
  }
}
