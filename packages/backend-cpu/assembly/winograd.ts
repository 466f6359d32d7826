/**
 * Winograd's convolution F(4x4, 3x3) with stride 1: what it computes is explained in `winograd.gen.mjs`.
 *
 * Outputs are cut into tiles of 4 x 4, counted over (image, tile row, tile column), and go block by block:
 *
 * 1. The windows of 6 x 6 pixels under the block's tiles are transformed, channel by channel. A segment is a run of tiles in
 *    one tile row; its six image rows become six rows of the row buffer, which is as wide as the padded image and zero where
 *    nothing but padding is. So the image is not padded in memory, and columns that two tiles share are transformed once.
 *    Then the rows are transformed, for four tiles at a time.
 * 2. At each of the 36 positions there is a product of matrices: filters x channels by channels x tiles. Step 1 has written
 *    the panels that the micro-kernel of `gemm.gen.mjs` reads.
 * 3. Four tiles of one filter at a time are transformed back, and clipped where they reach beyond the output.
 *
 * For the weight gradient dy is transformed too, both with four channels at a time, the products are
 * filters x tiles by tiles x channels, summed over all blocks, and transformed once at the end.
 *
 * The panels of the 36 positions lie a whole number of cache lines but no power of two apart, or else all 36 would fall into
 * the same sets of the first-level cache.
 */
import { ceilDiv, copy, panelRows } from './convolution-plan';
import { multiply, multiply4, TILE_ROWS } from './generated/gemm';
import {
  columnsToGradient, columnsToWindow, rowsToGradient, rowsToWindow, sumsToTaps, tilesToPixels, transformKernels,
} from './generated/winograd';

const POSITIONS: i32 = 36;
/** Channels that are added up in one go: sums of such sums are more accurate than long ones. */
const BLOCK_CHANNELS: i32 = 128;

/** A convolution, as `src/wasm/convolution-winograd.ts` writes it: the fields and their order are the same there. */
@unmanaged
class WinogradPlan {
  images: i32;
  channels: i32;
  height: i32;
  width: i32;
  filters: i32;
  outHeight: i32;
  outWidth: i32;
  /** Zeros before the first row and column; `left` is 0, 1 or 2. */
  top: i32;
  left: i32;
  /** Most tiles of a block: a multiple of 8. */
  block: i32;
  /** Room for the segments of a block. */
  segments: usize;
  /** Room for the tiles of a block. */
  tiles: usize;
  /** A row of zeros, as wide as the wider of x and dy. */
  zeros: usize;
  /** The row buffer: for each segment six rows of `rowBytes`, zero at first. The weight gradient has four, for four channels. */
  rows: usize;
  rowBytes: i32;
  /** From one channel's row buffer to the next one's. */
  channelRowBytes: i32;
  /** Weight gradient: the row buffer of dy, alike. */
  gradientRows: usize;
  /** Transformed kernels, or dy; then windows, then their products: 36 matrices each, so many bytes apart. */
  operand: usize;
  operandStep: i32;
  windows: usize;
  windowsStep: i32;
  products: usize;
  productsStep: i32;
  /** 640 bytes. */
  temporary: usize;
}

/** [image, tile row, first tile column, the one behind the last]. */
const SEGMENT_BYTES: usize = 16;
/** [place in the row buffer, place in the output, rows, columns that are in the output], places in bytes. */
const TILE_BYTES: usize = 16;

/**
 * Kernels to panels of at most TILE_ROWS filters of nearly equal size, each [channels, rows], for each position. Strides are
 * in elements and may be negative: the input gradient turns its kernels over.
 */
export function winogradKernels(
  planAt: usize, weight: usize, filterStride: i32, channelStride: i32, tapStride: i32,
): void {
  const plan = changetype<WinogradPlan>(planAt);
  const channels = plan.channels, filters = plan.filters;
  const panels = ceilDiv(filters, TILE_ROWS);
  const tapBytes = <usize>tapStride << 2;
  let panelAt = plan.operand, filter = 0;
  for (let panel = 0; panel < panels; panel++) {
    const rows = panelRows(filters, panels, panel);
    const laneBytes = <usize>rows << 2;
    for (let c = 0; c < channels; c += 4) {
      for (let row = 0; row < rows; row++) {
        const from = weight + (<usize>((filter + row) * filterStride + c * channelStride) << 2);
        // Lanes beyond the last channel repeat it. They land in the next panel, which is written later, or behind the last
        // panel, where there is room for them.
        const last = channels - 1 - c;
        transformKernels(
          from, from + (<usize>(min(1, last) * channelStride) << 2), from + (<usize>(min(2, last) * channelStride) << 2),
          from + (<usize>(min(3, last) * channelStride) << 2), tapBytes,
          panelAt + (<usize>(c * rows + row) << 2), laneBytes, plan.operandStep, plan.temporary,
        );
      }
    }
    panelAt += <usize>(channels * rows) << 2;
    filter += rows;
  }
}

/** y = x convolved with the kernels that `winogradKernels` left in the plan, plus the bias [filters]. */
export function winogradConvolution(planAt: usize, x: usize, bias: usize, y: usize): void {
  const plan = changetype<WinogradPlan>(planAt);
  const tiles = tileCount(plan);
  for (let first = 0; first < tiles; first += plan.block) {
    const count = min(plan.block, tiles - first);
    const segments = writeTiles(plan, first, count);
    // Tiles beyond the last repeat it and are not written.
    const panels = ceilDiv(count, 8);
    transformWindows(plan, segments, panels, x);
    multiplyPositions(plan, panels);
    writePixels(plan, panels, bias, y);
  }
}

/** dw [filters, channels, 3, 3] = the sum over images and pixels of dy * x. */
export function winogradWeightGrad(planAt: usize, x: usize, dy: usize, dw: usize): void {
  const plan = changetype<WinogradPlan>(planAt);
  const tiles = tileCount(plan);
  const filters = ceilDiv(plan.filters, 4) * 4, channels = ceilDiv(plan.channels, 8) * 8;
  const sumBytes = <usize>channels << 2;
  for (let first = 0; first < tiles; first += plan.block) {
    const count = min(plan.block, tiles - first);
    const segments = writeTiles(plan, first, count);
    transformWindowChannels(plan, segments, count, x);
    transformGradientChannels(plan, segments, count, dy);
    let left = plan.operand, windows = plan.windows, sums = plan.products;
    for (let position = 0; position < POSITIONS; position++) {
      for (let filter = 0; filter < filters; filter += 4) {
        const panel = left + (<usize>(filter * count) << 2);
        const row = sums + <usize>filter * sumBytes;
        for (let c = 0; c < channels; c += 8) {
          multiply4(count, panel, windows + (<usize>(c * count) << 2), row + (<usize>c << 2), sumBytes, i32(first > 0));
        }
      }
      left += <usize>plan.operandStep;
      windows += <usize>plan.windowsStep;
      sums += <usize>plan.productsStep;
    }
  }
  writeTaps(plan, sumBytes, dw);
}

function tileCount(plan: WinogradPlan): i32 {
  return plan.images * ceilDiv(plan.outHeight, 4) * ceilDiv(plan.outWidth, 4);
}

/** Writes the segments and tiles of a block, up to a multiple of 8 tiles: those too many repeat the last. Gives the segments. */
function writeTiles(plan: WinogradPlan, first: i32, count: i32): i32 {
  const across = ceilDiv(plan.outWidth, 4), down = ceilDiv(plan.outHeight, 4);
  const outPixels = plan.outHeight * plan.outWidth;
  const rowsBytes = 6 * plan.rowBytes;
  let segment = plan.segments, at = plan.tiles, segments = 0;
  for (let i = 0; i < count; ) {
    const tile = first + i;
    const tileRow = tile / across, start = tile % across;
    const image = tileRow / down, y = tileRow % down;
    const end = min(across, start + count - i);
    store<i32>(segment, image);
    store<i32>(segment, y, 4);
    store<i32>(segment, start, 8);
    store<i32>(segment, end, 12);
    for (let x = start; x < end; x++) {
      store<i32>(at, segments * rowsBytes + (x << 4));
      store<i32>(at, (image * plan.filters * outPixels + (y << 2) * plan.outWidth + (x << 2)) << 2, 4);
      store<i32>(at, min(4, plan.outHeight - (y << 2)), 8);
      store<i32>(at, min(4, plan.outWidth - (x << 2)), 12);
      at += TILE_BYTES;
    }
    i += end - start;
    segment += SEGMENT_BYTES;
    segments++;
  }
  for (let i = count; (i & 7) != 0; i++) {
    store<i32>(at, load<i32>(at - TILE_BYTES));
    store<i32>(at, 0, 4);
    store<i32>(at, 0, 8);
    store<i32>(at, 0, 12);
    at += TILE_BYTES;
  }
  return segments;
}

/** One channel of x, where the first image has it, into the row buffer. */
function fillRows(plan: WinogradPlan, segments: i32, x: usize, rows: usize): void {
  const imageBytes = <usize>(plan.channels * plan.height * plan.width) << 2;
  const left = plan.left;
  let segment = plan.segments;
  rows += <usize>left << 2;
  for (let i = 0; i < segments; i++) {
    // Columns that the segment's windows reach, but four at least.
    const end = min(plan.width, (load<i32>(segment, 12) << 2) + 2 - left);
    const column = max(0, min((load<i32>(segment, 8) << 2) - left, end - 4));
    const row = (load<i32>(segment, 4) << 2) - plan.top;
    rowsToWindow(
      x + <usize>load<i32>(segment) * imageBytes, plan.height, plan.width, row, column, end, plan.zeros, rows, plan.rowBytes,
    );
    segment += SEGMENT_BYTES;
    rows += 6 * <usize>plan.rowBytes;
  }
}

/** One filter of dy, where the first image has it, into the row buffer. */
function fillGradientRows(plan: WinogradPlan, segments: i32, dy: usize, rows: usize): void {
  const imageBytes = <usize>(plan.filters * plan.outHeight * plan.outWidth) << 2;
  let segment = plan.segments;
  for (let i = 0; i < segments; i++) {
    const end = min(plan.outWidth, load<i32>(segment, 12) << 2);
    const column = min(load<i32>(segment, 8) << 2, end - 4);
    rowsToGradient(
      dy + <usize>load<i32>(segment) * imageBytes, plan.outHeight, plan.outWidth, load<i32>(segment, 4) << 2, column, end,
      plan.zeros, rows, plan.rowBytes,
    );
    segment += SEGMENT_BYTES;
    rows += 6 * <usize>plan.rowBytes;
  }
}

/** The block's windows to panels of 8 tiles, each [channels, 8], for each position. */
function transformWindows(plan: WinogradPlan, segments: i32, panels: i32, x: usize): void {
  const rows = plan.rows, step = <usize>plan.windowsStep, rowBytes = <usize>plan.rowBytes;
  const panelBytes = <usize>plan.channels << 5, planeBytes = <usize>(plan.height * plan.width) << 2;
  for (let c = 0; c < plan.channels; c++) {
    fillRows(plan, segments, x, rows);
    let tile = plan.tiles, to = plan.windows + (<usize>c << 5);
    for (let panel = 0; panel < panels; panel++) {
      for (let half = 0; half < 32; half += 16) {
        columnsToWindow(
          rows + <usize>load<i32>(tile), rows + <usize>load<i32>(tile, 16), rows + <usize>load<i32>(tile, 32),
          rows + <usize>load<i32>(tile, 48), rowBytes, to + half, step,
        );
        tile += 4 * TILE_BYTES;
      }
      to += panelBytes;
    }
    x += planeBytes;
  }
}

/** At each position, products of all panels of kernels with all panels of tiles: panels of 8 tiles, each [filters, 8]. */
function multiplyPositions(plan: WinogradPlan, panels: i32): void {
  const channels = plan.channels, filters = plan.filters;
  const kernelPanels = ceilDiv(filters, TILE_ROWS);
  const windowBytes = <usize>channels << 5, productBytes = <usize>filters << 5;
  let left = plan.operand, windows = plan.windows, products = plan.products;
  for (let position = 0; position < POSITIONS; position++) {
    let kernels = left, to = products;
    for (let kernelPanel = 0; kernelPanel < kernelPanels; kernelPanel++) {
      const rows = panelRows(filters, kernelPanels, kernelPanel);
      let window = windows, product = to;
      for (let panel = 0; panel < panels; panel++) {
        for (let c = 0; c < channels; c += BLOCK_CHANNELS) {
          multiply(
            rows, min(BLOCK_CHANNELS, channels - c), kernels + (<usize>(c * rows) << 2), window + (<usize>c << 5), product, 32, c,
          );
        }
        window += windowBytes;
        product += productBytes;
      }
      kernels += <usize>(channels * rows) << 2;
      to += <usize>rows << 5;
    }
    left += <usize>plan.operandStep;
    windows += <usize>plan.windowsStep;
    products += <usize>plan.productsStep;
  }
}

/** The block's products to its pixels of y. */
function writePixels(plan: WinogradPlan, panels: i32, bias: usize, y: usize): void {
  const step = <usize>plan.productsStep, temporary = plan.temporary, rowBytes = <usize>plan.outWidth << 2;
  const clipped = temporary + 384;
  const panelBytes = <usize>plan.filters << 5, planeBytes = <usize>(plan.outHeight * plan.outWidth) << 2;
  for (let filter = 0; filter < plan.filters; filter++) {
    let tile = plan.tiles, from = plan.products + (<usize>filter << 5);
    for (let panel = 0; panel < panels; panel++) {
      for (let half = 0; half < 32; half += 16) {
        if (areWhole(tile)) {
          tilesToPixels(
            from + half, step, bias, y + <usize>load<i32>(tile, 4), y + <usize>load<i32>(tile, 20), y + <usize>load<i32>(tile, 36),
            y + <usize>load<i32>(tile, 52), rowBytes, temporary,
          );
        } else {
          tilesToPixels(from + half, step, bias, clipped, clipped + 64, clipped + 128, clipped + 192, 16, temporary);
          for (let i: usize = 0; i < 4; i++) copyTile(clipped + 64 * i, tile + TILE_BYTES * i, y, rowBytes);
        }
        tile += 4 * TILE_BYTES;
      }
      from += panelBytes;
    }
    bias += 4;
    y += planeBytes;
  }
}

/** Whether all of the next four tiles is in the output. */
@inline
function areWhole(tile: usize): bool {
  const sizes0 = load<i32>(tile, 8) + load<i32>(tile, 12) + load<i32>(tile, 24) + load<i32>(tile, 28);
  const sizes1 = load<i32>(tile, 40) + load<i32>(tile, 44) + load<i32>(tile, 56) + load<i32>(tile, 60);
  return sizes0 + sizes1 == 32;
}

/** What of a tile is in the output. */
function copyTile(from: usize, tile: usize, y: usize, rowBytes: usize): void {
  const rows = load<i32>(tile, 8), columns = load<i32>(tile, 12);
  let to = y + <usize>load<i32>(tile, 4);
  for (let row = 0; row < rows; row++) {
    copy(from, to, columns);
    from += 16;
    to += rowBytes;
  }
}

/** The block's windows to panels of 8 channels, each [tiles, 8], for each position. Channels beyond the last repeat it. */
function transformWindowChannels(plan: WinogradPlan, segments: i32, count: i32, x: usize): void {
  const rows = plan.rows, rowBytes = <usize>plan.rowBytes, between = <usize>plan.channelRowBytes;
  const planeBytes = <usize>(plan.height * plan.width) << 2;
  const channels = ceilDiv(plan.channels, 8) * 8;
  for (let c = 0; c < channels; c += 4) {
    for (let lane = 0; lane < 4; lane++) {
      fillRows(plan, segments, x + <usize>min(c + lane, plan.channels - 1) * planeBytes, rows + <usize>lane * between);
    }
    let to = plan.windows + (<usize>((c & ~7) * count + (c & 4)) << 2);
    for (let tile = 0; tile < count; tile++) {
      const from = rows + <usize>load<i32>(plan.tiles + <usize>tile * TILE_BYTES);
      columnsToWindow(from, from + between, from + 2 * between, from + 3 * between, rowBytes, to, <usize>plan.windowsStep);
      to += 32;
    }
  }
}

/** The block's tiles of dy to panels of 4 filters, each [tiles, 4], for each position. Filters beyond the last repeat it. */
function transformGradientChannels(plan: WinogradPlan, segments: i32, count: i32, dy: usize): void {
  const rows = plan.gradientRows, rowBytes = <usize>plan.rowBytes, between = <usize>plan.channelRowBytes;
  const planeBytes = <usize>(plan.outHeight * plan.outWidth) << 2;
  for (let filter = 0; filter < plan.filters; filter += 4) {
    for (let lane = 0; lane < 4; lane++) {
      fillGradientRows(plan, segments, dy + <usize>min(filter + lane, plan.filters - 1) * planeBytes, rows + <usize>lane * between);
    }
    let to = plan.operand + (<usize>(filter * count) << 2);
    for (let tile = 0; tile < count; tile++) {
      const from = rows + <usize>load<i32>(plan.tiles + <usize>tile * TILE_BYTES);
      columnsToGradient(from, from + between, from + 2 * between, from + 3 * between, rowBytes, to, <usize>plan.operandStep);
      to += 16;
    }
  }
}

/** The sums of the weight gradient, in rows of `sumBytes`, to dw. */
function writeTaps(plan: WinogradPlan, sumBytes: usize, dw: usize): void {
  const nowhere = plan.temporary + 384;
  for (let filter = 0; filter < plan.filters; filter++) {
    const sums = plan.products + <usize>filter * sumBytes;
    for (let c = 0; c < plan.channels; c += 4) {
      const left = plan.channels - c;
      sumsToTaps(
        sums + (<usize>c << 2), <usize>plan.productsStep, dw, left > 1 ? dw + 36 : nowhere, left > 2 ? dw + 72 : nowhere,
        left > 3 ? dw + 108 : nowhere, plan.temporary,
      );
      dw += <usize>min(4, left) * 36;
    }
  }
}
