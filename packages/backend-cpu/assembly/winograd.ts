/**
 * Winograd's convolutions with stride 1: what they compute is explained in `winograd.gen.mjs`.
 *
 * Outputs are cut into tiles, counted over (image, tile row, tile column), and go block by block:
 *
 * 1. The windows of pixels under the block's tiles are transformed, channel by channel. A segment is a run of tiles in one
 *    tile row; its image rows become as many rows of the row buffer, which is as wide as the padded image and zero where
 *    nothing but padding is. So the image is not padded in memory, and columns that two tiles share are transformed once.
 *    Then the rows are transformed, for four tiles at a time.
 * 2. At each position there is a product of matrices: filters x channels by channels x tiles. Step 1 has written the panels
 *    that the micro-kernel of `gemm.gen.mjs` reads.
 * 3. Four tiles of one filter at a time are transformed back, and clipped where they reach beyond the output.
 *
 * For the weight gradient dy is transformed too, both with four channels at a time, the products are
 * filters x tiles by tiles x channels, summed over all blocks, and transformed once at the end.
 *
 * Every function does a part of the work, so that threads can share it. What a part computes does not depend on the cut.
 *
 * The panels of the positions lie a whole number of cache lines but no power of two apart, or else all of them would fall into
 * the same sets of the first-level cache.
 */
import { ceilDiv, copy, panelRows } from './convolution-plan';
import { multiply, multiply4, TILE_ROWS } from './generated/gemm';
import {
  columnsToGradient, columnsToWindow, rowsToGradient, rowsToWindow, sumsToTaps, tilesToPixels, transformKernels,
} from './generated/winograd';

/** Channels that are added up in one go: sums of such sums are more accurate than long ones. */
const BLOCK_CHANNELS: i32 = 128;

/** A convolution, as `src/wasm/convolution-winograd.ts` writes it: the fields and their order are the same there. Threads have one each. */
@unmanaged
class WinogradPlan {
  /** Its number in `winograd.gen.mjs`, and its sizes: outputs of a tile, taps of a kernel, points, each in one dimension. */
  transform: i32;
  tile: i32;
  kernel: i32;
  points: i32;
  images: i32;
  channels: i32;
  height: i32;
  width: i32;
  filters: i32;
  outHeight: i32;
  outWidth: i32;
  /** Zeros before the first row and column; `left` is less than the kernel. */
  top: i32;
  left: i32;
  /** Most tiles of a block: a multiple of 8. */
  block: i32;
  /** Room for the segments of a block. */
  segments: usize;
  /** Room for the tiles of a block. */
  tiles: usize;
  /** A row of zeros, as wide as the wider of x and dy, and behind it the row buffers: room for so many bytes. */
  zeros: usize;
  clearedBytes: i32;
  /** The row buffer: for each segment `points` rows of `rowBytes`. The weight gradient has four, for four channels. */
  rows: usize;
  rowBytes: i32;
  /** From one channel's row buffer to the next one's. */
  channelRowBytes: i32;
  /** Weight gradient: the row buffer of dy, alike. */
  gradientRows: usize;
  /** Transformed kernels, or dy; then windows, then their products: a matrix for each position, so many bytes apart. */
  operand: usize;
  operandStep: i32;
  windows: usize;
  windowsStep: i32;
  products: usize;
  productsStep: i32;
  /** 1024 bytes. */
  temporary: usize;
}

/** Behind the transforms' own part of `temporary`: tiles that are clipped, or nowhere. */
const CLIPPED: usize = 768;

/** [image, tile row, first tile column, the one behind the last]. */
const SEGMENT_BYTES: usize = 16;
/** [place in the row buffer, place in the output, rows, columns that are in the output], places in bytes. */
const TILE_BYTES: usize = 16;

/** The panels of at most TILE_ROWS filters that the transformed kernels of so many filters are. */
export function winogradKernelPanels(filters: i32): i32 {
  return ceilDiv(filters, TILE_ROWS);
}

/**
 * Kernels to panels [first, first + count) of filters of nearly equal size, each [channels, rows], for each position. Strides
 * are in elements and may be negative: the input gradient turns its kernels over. Parts are only for channels in fours.
 */
export function winogradKernels(
  planAt: usize, weight: usize, filterStride: i32, channelStride: i32, tapStride: i32, first: i32, count: i32,
): void {
  const plan = changetype<WinogradPlan>(planAt);
  const channels = plan.channels, filters = plan.filters;
  const panels = ceilDiv(filters, TILE_ROWS);
  const tapBytes = <usize>tapStride << 2;
  let panelAt = plan.operand, filter = 0;
  for (let panel = 0; panel < first + count; panel++) {
    const rows = panelRows(filters, panels, panel);
    const laneBytes = <usize>rows << 2;
    for (let c = 0; c < channels && panel >= first; c += 4) {
      for (let row = 0; row < rows; row++) {
        const from = weight + (<usize>((filter + row) * filterStride + c * channelStride) << 2);
        // Lanes beyond the last channel repeat it. They land in the next panel, which is written later, or behind the last
        // panel, where there is room for them.
        const last = channels - 1 - c;
        transformKernels(
          plan.transform,
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

/**
 * The tiles [first, first + count) of y = x convolved with the kernels that `winogradKernels` left, plus the bias [filters],
 * and `least` where that is larger.
 */
export function winogradConvolution(
  planAt: usize, x: usize, bias: usize, least: f32, y: usize, first: i32, count: i32,
): void {
  const plan = changetype<WinogradPlan>(planAt);
  memory.fill(plan.zeros, 0, plan.clearedBytes);
  for (let done = 0; done < count; done += plan.block) {
    const tiles = min(plan.block, count - done);
    const segments = writeTiles(plan, first + done, tiles);
    // Tiles beyond the last repeat it and are not written.
    const panels = ceilDiv(tiles, 8);
    transformWindows(plan, segments, panels, x);
    multiplyPositions(plan, panels);
    writePixels(plan, panels, bias, least, y);
  }
}

/**
 * The sums over the tiles [first, first + count), at each position, of dy times the windows of x: matrices [filters, channels],
 * filters in fours and channels in eights, of which those too many repeat the last.
 */
export function winogradWeightSums(planAt: usize, x: usize, dy: usize, sums: usize, first: i32, count: i32): void {
  const plan = changetype<WinogradPlan>(planAt);
  memory.fill(plan.zeros, 0, plan.clearedBytes);
  for (let done = 0; done < count; done += plan.block) {
    const tiles = min(plan.block, count - done);
    const segments = writeTiles(plan, first + done, tiles);
    transformWindowChannels(plan, segments, tiles, x);
    transformGradientChannels(plan, segments, tiles, dy);
    multiplyGradients(plan, tiles, i32(done > 0), sums);
  }
}

/** Filters [first, first + count) of those sums to dw [filters, channels, kernel, kernel]. */
export function winogradTaps(planAt: usize, sumsAt: usize, dw: usize, first: i32, count: i32): void {
  const plan = changetype<WinogradPlan>(planAt);
  const sumBytes = <usize>(ceilDiv(plan.channels, 8) * 8) << 2;
  const kernelBytes = <usize>(plan.kernel * plan.kernel) << 2;
  const nowhere = plan.temporary + CLIPPED;
  let to = dw + <usize>(first * plan.channels) * kernelBytes;
  for (let filter = first; filter < first + count; filter++) {
    const sums = sumsAt + <usize>filter * sumBytes;
    for (let c = 0; c < plan.channels; c += 4) {
      const left = plan.channels - c;
      sumsToTaps(
        plan.transform, sums + (<usize>c << 2), <usize>plan.productsStep, to, left > 1 ? to + kernelBytes : nowhere,
        left > 2 ? to + 2 * kernelBytes : nowhere, left > 3 ? to + 3 * kernelBytes : nowhere, plan.temporary,
      );
      to += <usize>min(4, left) * kernelBytes;
    }
  }
}

/** Writes the segments and tiles of a block, up to a multiple of 8 tiles: those too many repeat the last. Gives the segments. */
function writeTiles(plan: WinogradPlan, first: i32, count: i32): i32 {
  const size = plan.tile;
  const across = ceilDiv(plan.outWidth, size), down = ceilDiv(plan.outHeight, size);
  const outPixels = plan.outHeight * plan.outWidth;
  const rowsBytes = plan.points * plan.rowBytes;
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
      store<i32>(at, segments * rowsBytes + ((x * size) << 2));
      store<i32>(at, (image * plan.filters * outPixels + y * size * plan.outWidth + x * size) << 2, 4);
      store<i32>(at, min(size, plan.outHeight - y * size), 8);
      store<i32>(at, min(size, plan.outWidth - x * size), 12);
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
  const left = plan.left, size = plan.tile, overlap = plan.kernel - 1;
  let segment = plan.segments;
  rows += <usize>left << 2;
  for (let i = 0; i < segments; i++) {
    // Columns that the segment's windows reach, but four at least.
    const end = min(plan.width, max(4, load<i32>(segment, 12) * size + overlap - left));
    const column = max(0, min(load<i32>(segment, 8) * size - left, end - 4));
    const row = load<i32>(segment, 4) * size - plan.top;
    rowsToWindow(
      plan.transform, x + <usize>load<i32>(segment) * imageBytes, plan.height, plan.width, row, column, end, plan.zeros, rows,
      plan.rowBytes,
    );
    segment += SEGMENT_BYTES;
    rows += <usize>(plan.points * plan.rowBytes);
  }
}

/** One filter of dy, where the first image has it, into the row buffer. */
function fillGradientRows(plan: WinogradPlan, segments: i32, dy: usize, rows: usize): void {
  const imageBytes = <usize>(plan.filters * plan.outHeight * plan.outWidth) << 2;
  const size = plan.tile;
  let segment = plan.segments;
  for (let i = 0; i < segments; i++) {
    const end = min(plan.outWidth, load<i32>(segment, 12) * size);
    const column = min(load<i32>(segment, 8) * size, end - 4);
    rowsToGradient(
      plan.transform, dy + <usize>load<i32>(segment) * imageBytes, plan.outHeight, plan.outWidth, load<i32>(segment, 4) * size,
      column, end, plan.zeros, rows, plan.rowBytes,
    );
    segment += SEGMENT_BYTES;
    rows += <usize>(plan.points * plan.rowBytes);
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
          plan.transform,
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
  for (let position = plan.points * plan.points; position > 0; position--) {
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
function writePixels(plan: WinogradPlan, panels: i32, bias: usize, least: f32, y: usize): void {
  const step = <usize>plan.productsStep, temporary = plan.temporary, rowBytes = <usize>plan.outWidth << 2;
  const clipped = temporary + CLIPPED;
  const clippedRowBytes = <usize>plan.tile << 2, clippedBytes = <usize>plan.tile * clippedRowBytes;
  const panelBytes = <usize>plan.filters << 5, planeBytes = <usize>(plan.outHeight * plan.outWidth) << 2;
  for (let filter = 0; filter < plan.filters; filter++) {
    let tile = plan.tiles, from = plan.products + (<usize>filter << 5);
    for (let panel = 0; panel < panels; panel++) {
      for (let half = 0; half < 32; half += 16) {
        if (areWhole(tile, plan.tile)) {
          tilesToPixels(
            plan.transform, from + half, step, bias, least, y + <usize>load<i32>(tile, 4), y + <usize>load<i32>(tile, 20),
            y + <usize>load<i32>(tile, 36), y + <usize>load<i32>(tile, 52), rowBytes, temporary,
          );
        } else {
          tilesToPixels(
            plan.transform, from + half, step, bias, least, clipped, clipped + clippedBytes, clipped + 2 * clippedBytes,
            clipped + 3 * clippedBytes, clippedRowBytes, temporary,
          );
          for (let i: usize = 0; i < 4; i++) copyTile(clipped + clippedBytes * i, clippedRowBytes, tile + TILE_BYTES * i, y, rowBytes);
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
function areWhole(tile: usize, size: i32): bool {
  const sizes0 = load<i32>(tile, 8) + load<i32>(tile, 12) + load<i32>(tile, 24) + load<i32>(tile, 28);
  const sizes1 = load<i32>(tile, 40) + load<i32>(tile, 44) + load<i32>(tile, 56) + load<i32>(tile, 60);
  return sizes0 + sizes1 == 8 * size;
}

/** What of a tile is in the output. */
function copyTile(from: usize, fromRowBytes: usize, tile: usize, y: usize, rowBytes: usize): void {
  const rows = load<i32>(tile, 8), columns = load<i32>(tile, 12);
  let to = y + <usize>load<i32>(tile, 4);
  for (let row = 0; row < rows; row++) {
    copy(from, to, columns);
    from += fromRowBytes;
    to += rowBytes;
  }
}

/** The block's windows to panels of 8 channels, each [tiles, 8], for each position. */
function transformWindowChannels(plan: WinogradPlan, segments: i32, tiles: i32, x: usize): void {
  const rows = plan.rows, rowBytes = <usize>plan.rowBytes, between = <usize>plan.channelRowBytes;
  const planeBytes = <usize>(plan.height * plan.width) << 2;
  const channels = ceilDiv(plan.channels, 8) * 8;
  for (let c = 0; c < channels; c += 4) {
    for (let lane = 0; lane < 4; lane++) {
      fillRows(plan, segments, x + <usize>min(c + lane, plan.channels - 1) * planeBytes, rows + <usize>lane * between);
    }
    let to = plan.windows + (<usize>((c & ~7) * tiles + (c & 4)) << 2);
    for (let i = 0; i < tiles; i++) {
      const from = rows + <usize>load<i32>(plan.tiles + <usize>i * TILE_BYTES);
      columnsToWindow(
        plan.transform, from, from + between, from + 2 * between, from + 3 * between, rowBytes, to, <usize>plan.windowsStep,
      );
      to += 32;
    }
  }
}

/** The block's tiles of dy to panels of 4 filters, each [tiles, 4], for each position. */
function transformGradientChannels(plan: WinogradPlan, segments: i32, tiles: i32, dy: usize): void {
  const rows = plan.gradientRows, rowBytes = <usize>plan.rowBytes, between = <usize>plan.channelRowBytes;
  const planeBytes = <usize>(plan.outHeight * plan.outWidth) << 2;
  for (let filter = 0; filter < plan.filters; filter += 4) {
    for (let lane = 0; lane < 4; lane++) {
      fillGradientRows(plan, segments, dy + <usize>min(filter + lane, plan.filters - 1) * planeBytes, rows + <usize>lane * between);
    }
    let to = plan.operand + (<usize>(filter * tiles) << 2);
    for (let i = 0; i < tiles; i++) {
      const from = rows + <usize>load<i32>(plan.tiles + <usize>i * TILE_BYTES);
      columnsToGradient(
        plan.transform, from, from + between, from + 2 * between, from + 3 * between, rowBytes, to, <usize>plan.operandStep,
      );
      to += 16;
    }
  }
}

/** At each position the products of the block's dy and windows, added to those of blocks before. */
function multiplyGradients(plan: WinogradPlan, tiles: i32, accumulate: i32, sums: usize): void {
  const channels = ceilDiv(plan.channels, 8) * 8;
  const sumBytes = <usize>channels << 2;
  let left = plan.operand, windows = plan.windows;
  for (let position = plan.points * plan.points; position > 0; position--) {
    for (let filter = 0; filter < plan.filters; filter += 4) {
      const panel = left + (<usize>(filter * tiles) << 2);
      const row = sums + <usize>filter * sumBytes;
      for (let c = 0; c < channels; c += 8) {
        multiply4(tiles, panel, windows + (<usize>(c * tiles) << 2), row + (<usize>c << 2), sumBytes, accumulate);
      }
    }
    left += <usize>plan.operandStep;
    windows += <usize>plan.windowsStep;
    sums += <usize>plan.productsStep;
  }
}
