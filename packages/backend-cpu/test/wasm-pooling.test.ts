import type { AvgPoolAttrs, MaxPoolAttrs } from '@cnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backends, expectClose, f32, i32, type Operand, random, run } from './wasm-helpers.js';

interface Window {
  readonly plane: number;
  /** Pixels of the plane, by index, that the window covers. */
  readonly pixels: number[];
  /** How many taps lie in the padded image. */
  readonly padded: number;
}

/** Every window of every plane, tap by tap. */
function windowsOf(
  x: Operand,
  { kernelSize, stride, padding, dilation, ceilMode }: MaxPoolAttrs,
): { shape: number[]; windows: Window[] } {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const counts = [h, w].map((size, i) => {
    const [before, after] = padding[i]!;
    const extent = (kernelSize[i]! - 1) * dilation[i]! + 1;
    let count = 0;
    for (let start = -before; ; start += stride[i]!) {
      const whole = start + extent <= size + after;
      const hanging = ceilMode && start < size && start - stride[i]! + extent < size + after;
      if (!whole && !hanging) return count;
      count++;
    }
  }) as [number, number];
  const windows: Window[] = [];
  for (let plane = 0; plane < n * c; plane++) {
    for (let oy = 0; oy < counts[0]; oy++) {
      for (let ox = 0; ox < counts[1]; ox++) {
        const pixels: number[] = [];
        let padded = 0;
        for (let ky = 0; ky < kernelSize[0]!; ky++) {
          for (let kx = 0; kx < kernelSize[1]!; kx++) {
            const y = oy * stride[0]! - padding[0]![0] + ky * dilation[0]!;
            const xx = ox * stride[1]! - padding[1]![0] + kx * dilation[1]!;
            if (y < h + padding[0]![1] && xx < w + padding[1]![1]) padded++;
            if (y >= 0 && y < h && xx >= 0 && xx < w) pixels.push(y * w + xx);
          }
        }
        windows.push({ plane, pixels, padded });
      }
    }
  }
  return { shape: [n, c, ...counts], windows };
}

const axis = fc
  .record({
    size: fc.integer({ min: 1, max: 13 }),
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 4 }),
    dilation: fc.integer({ min: 1, max: 3 }),
  })
  .chain(({ size, kernel, stride, dilation }) => {
    const extent = (kernel - 1) * dilation + 1;
    return fc.record({
      size: fc.constant(size),
      kernel: fc.constant(kernel),
      stride: fc.constant(stride),
      dilation: fc.constant(dilation),
      before: fc.nat(extent - 1),
      after: fc.nat(extent - 1),
    });
  })
  .filter(({ size, kernel, dilation, before, after }) => (kernel - 1) * dilation + 1 <= size + before + after);

/** Rounded to a few values, so that windows have equals. */
const coarse = ({ shape, data }: Operand): Operand =>
  f32(
    shape,
    Float32Array.from(data, value => Math.round(value * 2)),
  );

const anyPool = fc
  .record({
    y: axis,
    x: axis,
    n: fc.integer({ min: 1, max: 3 }),
    ceilMode: fc.boolean(),
    countIncludePad: fc.boolean(),
    seed: fc.nat(1000),
  })
  .map(({ y, x, n, ceilMode, countIncludePad, seed }) => ({
    input: coarse(random([n, 2, y.size, x.size], seed)),
    attrs: {
      kernelSize: [y.kernel, x.kernel],
      stride: [y.stride, x.stride],
      padding: [
        [y.before, y.after],
        [x.before, x.after],
      ],
      dilation: [y.dilation, x.dilation],
      ceilMode,
      countIncludePad,
    } as AvgPoolAttrs,
  }));

const plain = (size: number): AvgPoolAttrs => ({
  kernelSize: [size, size],
  stride: [size, size],
  padding: [
    [0, 0],
    [0, 0],
  ],
  dilation: [1, 1],
  ceilMode: false,
  countIncludePad: true,
});

describe.each(backends)('pooling, %s', (_, backend) => {
  /** With dilation a window may see padding only: it gives minus infinity and the index -1. */
  function checkMax(x: Operand, attrs: MaxPoolAttrs): void {
    const { shape, windows } = windowsOf(x, attrs);
    const area = x.shape[2]! * x.shape[3]!;
    const at = windows.map(({ plane, pixels }) =>
      pixels.reduce(
        (best, pixel) => (x.data[plane * area + pixel]! > x.data[plane * area + best]! ? pixel : best),
        pixels[0] ?? -1,
      ),
    );
    const [values, indices] = run(backend, 'maxPool2d', [x], attrs, [{ shape }, { shape, dtype: 'int32' }]);
    expect([...indices!]).toEqual(at);
    expect([...values!]).toEqual(
      windows.map(({ plane }, i) => (at[i] === -1 ? Number.NEGATIVE_INFINITY : x.data[plane * area + at[i]!]!)),
    );

    const dy = random(shape, 77);
    const expected = new Float64Array(x.data.length);
    windows.forEach(({ plane }, i) => {
      if (at[i] !== -1) expected[plane * area + at[i]!]! += dy.data[i]!;
    });
    const [dx] = run(backend, 'maxPool2dGrad', [dy, i32(shape, at)], { inputSize: x.shape.slice(2) }, [x]);
    expectClose(dx!, expected, 1e-6, 1e-6);
  }

  function checkAverage(x: Operand, attrs: AvgPoolAttrs): void {
    const { shape, windows } = windowsOf(x, attrs);
    const area = x.shape[2]! * x.shape[3]!;
    const divisor = ({ pixels, padded }: Window) => (attrs.countIncludePad ? padded : pixels.length);
    const [y] = run(backend, 'avgPool2d', [x], attrs, [{ shape }]);
    expectClose(
      y!,
      windows.map(
        window => window.pixels.reduce((sum, pixel) => sum + x.data[window.plane * area + pixel]!, 0) / divisor(window),
      ),
      1e-5,
      1e-6,
    );
    const dy = random(shape, 78);
    const expected = new Float64Array(x.data.length);
    windows.forEach((window, i) => {
      for (const pixel of window.pixels) expected[window.plane * area + pixel]! += dy.data[i]! / divisor(window);
    });
    const [dx] = run(backend, 'avgPool2dGrad', [dy], { ...attrs, inputSize: x.shape.slice(2) }, [x]);
    expectClose(dx!, expected, 1e-5, 1e-6);
  }

  test('any window', () => {
    fc.assert(
      fc.property(anyPool, ({ input, attrs }) => {
        checkMax(input, attrs);
        checkAverage(input, attrs);
      }),
      { numRuns: 150 },
    );
  });

  test.each([2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 28, 33])('windows of 2 x 2 in images %i wide', width => {
    for (const height of [2, 5]) {
      const x = random([2, 3, height, width], width);
      checkMax(x, plain(2));
      checkAverage(x, plain(2));
      checkMax(x, { ...plain(2), ceilMode: true });
    }
  });

  test('the average over a whole image', () => {
    const x = random([2, 3, 9, 21], 4);
    checkAverage(x, { ...plain(1), kernelSize: [9, 21] });
  });

  test.each([5, 9])('of equals the first wins, in rows of %i windows', width => {
    const x = f32([1, 1, 2, 2 * width], new Float32Array(4 * width).fill(-2));
    const shape = [1, 1, 1, width];
    const [values, indices] = run(backend, 'maxPool2d', [x], plain(2), [{ shape }, { shape, dtype: 'int32' }]);
    expect([...values!]).toEqual(new Array(width).fill(-2));
    expect([...indices!]).toEqual(Array.from({ length: width }, (_, i) => 2 * i));
  });

  test.each([3, 5])('NaN wins, in rows of %i windows', width => {
    for (let at = 0; at < 4 * width; at++) {
      const x = Float32Array.from({ length: 4 * width }, (_, i) => (i === at ? Number.NaN : i));
      const shape = [1, 1, 1, width];
      const [values, indices] = run(backend, 'maxPool2d', [f32([1, 1, 2, 2 * width], x)], plain(2), [
        { shape },
        { shape, dtype: 'int32' },
      ]);
      const window = Math.floor((at % (2 * width)) / 2);
      expect(values![window]).toBeNaN();
      expect(indices![window]).toBe(at);
      expect(values!.filter(Number.isNaN).length).toBe(1);
    }
  });

  test('an index out of range takes no gradient', () => {
    const dy = f32([1, 1, 1, 3], [1, 2, 4]);
    const [dx] = run(backend, 'maxPool2dGrad', [dy, i32([1, 1, 1, 3], [-1, 1, 4])], { inputSize: [2, 2] }, [
      { shape: [1, 1, 2, 2] },
    ]);
    expect([...dx!]).toEqual([0, 2, 0, 0]);
  });
});
