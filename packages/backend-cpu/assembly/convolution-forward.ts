/** The convolution itself. The input gradient of stride 1 is one too. */
import { ceilDiv, ceilDivFromZero, channelSize, copyStrided, panelRows, Plan, preparePlanes, writeTaps } from './convolution-plan';
import { CONVOLVE_ROWS, convolve } from './generated/convolution';

/**
 * Filters into panels of at most CONVOLVE_ROWS rows of nearly equal size, each [taps, rows], taps in the order that
 * `convolution-plan.ts` tells. The strides are in elements and may be negative: the input gradient turns its kernels over.
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

/** y = x convolved with packed filters, plus the bias [groups * filters], and `least` where that is larger. */
export function convolution(planAt: usize, x: usize, weights: usize, bias: usize, least: f32, y: usize): void {
  const plan = changetype<Plan>(planAt);
  const filters = plan.filters, planes = plan.planes, wideRows = plan.wideRows;
  const imageBytes = <usize>(plan.channels * plan.height * plan.width) << 2;
  const outBytes = <usize>(filters * plan.outHeight * plan.outWidth) << 2;
  const groupBytes = <usize>(filters * plan.channels * plan.kernelHeight * plan.kernelWidth) << 2;
  if (planes) memory.fill(planes, 0, <usize>(plan.channels * channelSize(plan)) << 2);
  writeTaps(plan);
  const pairs = writePixelPairs(plan);
  for (let image = 0; image < plan.images; image++) {
    let groupWeights = weights, groupBias = bias;
    for (let group = 0; group < plan.groups; group++) {
      let from = x;
      if (planes) {
        preparePlanes(plan, plan.channels, x, planes);
        from = planes;
      }
      if (wideRows) {
        convolveGroup(plan, pairs, from, groupWeights, groupBias, least, wideRows, 4);
        narrowRows(filters * plan.outHeight, plan.outWidth, wideRows, y);
      } else {
        convolveGroup(plan, pairs, from, groupWeights, groupBias, least, y, plan.outWidth);
      }
      groupWeights += groupBytes;
      groupBias += <usize>filters << 2;
      x += imageBytes;
      y += outBytes;
    }
  }
}

/** One image and group, in rows of `width` outputs. A panel of filters stays in the first-level cache for all pixels. */
function convolveGroup(plan: Plan, pairs: i32, x: usize, weights: usize, bias: usize, least: f32, y: usize, width: i32): void {
  const planeBytes = <usize>(plan.outHeight * width) << 2;
  const taps = plan.kernelHeight * plan.channels * plan.kernelWidth;
  const panels = ceilDiv(plan.filters, CONVOLVE_ROWS);
  for (let panel = 0; panel < panels; panel++) {
    const rows = panelRows(plan.filters, panels, panel);
    let pair = plan.pixels;
    for (let i = 0; i < pairs; i++) {
      const firstTap = load<i32>(pair, 16);
      convolve(
        rows, load<i32>(pair, 20), weights + (<usize>(firstTap * rows) << 2), plan.taps + (<usize>firstTap << 2),
        x + <usize>load<i32>(pair), x + <usize>load<i32>(pair, 4), y + <usize>load<i32>(pair, 8), y + <usize>load<i32>(pair, 12),
        planeBytes, bias, least,
      );
      pair += PAIR_BYTES;
    }
    weights += <usize>(taps * rows) << 2;
    bias += <usize>rows << 2;
    y += <usize>rows * planeBytes;
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
