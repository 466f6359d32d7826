/** The gradients of convolution that are not convolutions themselves. */
import { ceilDiv, ceilDivFromZero, channelSize, copy, inPhases, panelRows, Plan, preparePlanes } from './convolution-plan';
import { sgemm } from './gemm';
import { CORRELATE_TAPS, correlate, correlateRows } from './generated/convolution';

/**
 * dw [groups * filters, channels, kernelHeight, kernelWidth] = the sum over images and pixels of dy * x.
 *
 * A block of images is walked in one loop, since one small image would not pay for the call. Sums are taken over the lanes
 * of a block first and then added up, which keeps them accurate.
 */
export function convolutionWeightGrad(planAt: usize, x: usize, dy: usize, dw: usize): void {
  const plan = changetype<Plan>(planAt);
  const channelsIn = plan.groups * plan.channels, channelsOut = plan.groups * plan.filters;
  const groupBytes = <usize>(plan.filters * plan.channels * plan.kernelHeight * plan.kernelWidth) << 2;
  memory.fill(dw, 0, <usize>plan.groups * groupBytes);
  const planes = plan.planes, wideRows = plan.wideRows;
  const wideWidth = ceilDiv(plan.outWidth, 4) * 4;
  const imageBytes = <usize>(channelsIn * plan.height * plan.width) << 2;
  const outBytes = <usize>(channelsOut * plan.outHeight * plan.outWidth) << 2;
  const planeBytes = <usize>(plan.outHeight * wideWidth) << 2;
  if (planes) memory.fill(planes, 0, <usize>(plan.block * channelsIn * channelSize(plan)) << 2);
  if (wideRows) memory.fill(wideRows, 0, <usize>(plan.block * channelsOut) * planeBytes);
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
      correlateGroup(plan, images, from, gradient, planeBytes, dw + <usize>group * groupBytes);
      from += <usize>(plan.channels * channelSize(plan)) << 2;
      gradient += <usize>plan.filters * planeBytes;
    }
    x += <usize>images * imageBytes;
    dy += <usize>images * outBytes;
  }
}

/** Rows of `width` to rows of `wideWidth`, whose ends stay as they are. */
function widenRows(rows: i32, width: i32, wideWidth: i32, from: usize, to: usize): void {
  for (let row = 0; row < rows; row++) {
    copy(from, to, width);
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
    const parts = ceilDiv(inPhase, CORRELATE_TAPS);
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

/**
 * dx of a strided convolution: for each image and group the columns, which are the transposed weight times dy, are folded back
 * onto the image. `columns` is room for those of one image and group, `scratch` what `sgemm` needs.
 */
export function stridedInputGrad(planAt: usize, dy: usize, weight: usize, columns: usize, scratch: usize, dx: usize): void {
  const plan = changetype<Plan>(planAt);
  const taps = plan.channels * plan.kernelHeight * plan.kernelWidth, pixels = plan.outHeight * plan.outWidth;
  for (let image = 0; image < plan.images; image++) {
    for (let group = 0; group < plan.groups; group++) {
      const groupWeight = weight + (<usize>(group * plan.filters * taps) << 2);
      sgemm(taps, pixels, plan.filters, groupWeight, 1, taps, dy, pixels, 1, columns, pixels, 0, scratch);
      foldColumns(plan, columns, dx);
      dy += <usize>(plan.filters * pixels) << 2;
      dx += <usize>(plan.channels * plan.height * plan.width) << 2;
    }
  }
}

/**
 * dx [channels, height, width] of one image and group = the sum of what each pixel gave to columns
 * [channels, kernelHeight, kernelWidth, outHeight, outWidth].
 */
function foldColumns(plan: Plan, columns: usize, dx: usize): void {
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
