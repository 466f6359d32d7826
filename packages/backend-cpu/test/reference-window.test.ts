import type { WindowAttrs } from '@cnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, counting, indicesOf, type Numbers, run } from './reference-helpers.js';

const plain = {
  stride: [1, 1],
  padding: [
    [0, 0],
    [0, 0],
  ] as const,
  dilation: [1, 1],
};

/** An image with batch and channels, and a window on each spatial axis that fits. */
const cases = fc.integer({ min: 1, max: 3 }).chain(rank =>
  fc
    .tuple(
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 1, max: 2 }),
      fc.array(
        fc.record({
          size: fc.integer({ min: 1, max: 5 }),
          kernel: fc.integer({ min: 1, max: 3 }),
          stride: fc.integer({ min: 1, max: 3 }),
          dilation: fc.integer({ min: 1, max: 2 }),
          before: fc.nat(4),
          after: fc.nat(4),
          /** More outputs than fit whole, as with `ceilMode`. */
          over: fc.nat(1),
        }),
        { minLength: rank, maxLength: rank },
      ),
    )
    .map(([n, c, axes]) => ({
      image: [n, c, ...axes.map(a => a.size)],
      out: axes.map(a =>
        Math.max(0, Math.floor((a.size + a.before + a.after - a.dilation * (a.kernel - 1) - 1) / a.stride) + 1 + a.over),
      ),
      attrs: {
        kernelSize: axes.map(a => a.kernel),
        stride: axes.map(a => a.stride),
        padding: axes.map(a => [a.before, a.after] as const),
        dilation: axes.map(a => a.dilation),
      },
    })),
);

/** The pixel under an element [n, c, ...kernel, ...out] of the columns, by the definition; undefined in the padding. */
function pixel(
  index: readonly number[],
  image: readonly number[],
  { kernelSize, stride, padding, dilation }: WindowAttrs,
): number[] | undefined {
  const rank = kernelSize.length;
  const spatial = kernelSize.map((_, k) => index[2 + rank + k]! * stride[k]! - padding[k]![0] + index[2 + k]! * dilation[k]!);
  return spatial.every((i, k) => i >= 0 && i < image[2 + k]!) ? [...index.slice(0, 2), ...spatial] : undefined;
}

describe('unfold', () => {
  it('copies windows by hand', () => {
    // 1 2 3
    // 4 5 6 under a window of 1 x 2: the left pixels, then the right ones.
    const attrs = { ...plain, kernelSize: [1, 2], padValue: 0 };
    expect(run('unfold', [counting([1, 1, 2, 3])], attrs, { shape: [1, 1, 1, 2, 2, 2] })).toEqual([[1, 2, 4, 5, 2, 3, 5, 6]]);
  });

  it('fills the padding with its value', () => {
    const attrs = { kernelSize: [2], stride: [2], padding: [[1, 1]] as const, dilation: [1], padValue: Number.NEGATIVE_INFINITY };
    expect(run('unfold', [counting([1, 1, 2])], attrs, { shape: [1, 1, 2, 2] })).toEqual([[-Infinity, 2, 1, -Infinity]]);
  });

  it('follows its definition in any rank', () => {
    fc.assert(
      fc.property(cases, ({ image, out, attrs }) => {
        const x = counting(image, 'float32');
        const shape = [...image.slice(0, 2), ...attrs.kernelSize, ...out];
        const expected = indicesOf(shape).map(index => {
          const from = pixel(index, image, attrs);
          return from ? at(x, from) : -7;
        });
        expect(run('unfold', [x], { ...attrs, padValue: -7 }, { shape })[0]).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  });
});

describe('fold', () => {
  it('counts by hand in how many windows a pixel is', () => {
    const ones: Numbers = { shape: [1, 1, 2, 2, 2, 2], dtype: 'float32', data: Array(16).fill(1) };
    const attrs = { ...plain, kernelSize: [2, 2], inputSize: [3, 3] };
    expect(run('fold', [ones], attrs, { shape: [1, 1, 3, 3] })).toEqual([[1, 2, 1, 2, 4, 2, 1, 2, 1]]);
  });

  it('follows its definition in any rank', () => {
    fc.assert(
      fc.property(cases, ({ image, out, attrs }) => {
        const y = counting([...image.slice(0, 2), ...attrs.kernelSize, ...out]);
        const sums = new Map<string, number>();
        for (const index of indicesOf(y.shape)) {
          const to = String(pixel(index, image, attrs));
          sums.set(to, (sums.get(to) ?? 0) + at(y, index));
        }
        const expected = indicesOf(image).map(index => sums.get(String(index)) ?? 0);
        expect(run('fold', [y], { ...attrs, inputSize: image.slice(2) }, { shape: image })[0]).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  });
});
