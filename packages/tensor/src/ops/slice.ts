/** Cutting, padding, joining and repeating. */
import { OptionError, ShapeError, UsageError } from '../errors.js';
import type { AxesAttrs, AxisAttrs, PadAttrs, SliceAttrs } from '../kernels.js';
import type { Op } from '../op.js';
import { type Shape, sameShape, showShape } from '../spec.js';
import { alias, type Tensor, tensor, tidy } from '../tensor.js';
import { axesOf, axisOf, checkNumber, checkOneOf, checkSameDType, checkTensor, one, rankOf, refuseUnknown } from './common.js';
import { take } from './gather.js';
import { broadcastTo, expandDims, reshape } from './shape.js';

/** The op of {@link slice}: steps of 1 or more. Its gradient is {@link padOp} with room between the elements, and the other way round. */
export const sliceOp: Op<SliceAttrs> = {
  name: 'slice',
  infer: ([x], { start, stop, step }) => [
    { shape: x!.shape.map((_, i) => Math.max(0, Math.ceil((stop[i]! - start[i]!) / step[i]!))), dtype: x!.dtype },
  ],
  vjp: ([dy], { inputs: [x], attrs: { start, step } }) => {
    const padding = x!.shape.map((n, i): [number, number] => {
      const count = dy!.shape[i]!;
      return [start[i]!, n - start[i]! - (count === 0 ? 0 : (count - 1) * step[i]! + 1)];
    });
    return [one(padOp, [dy!], { padding, interior: step.map(n => n - 1), value: 0 })];
  },
  saves: [],
};

/** [start, stop) and step along an axis, as in NumPy: negative indices count from the end, and a negative step goes backwards. */
export type Range = readonly [start: number, stop: number, step?: number];

/**
 * A part of a tensor: a range per axis, the first axes first; axes without one, or with null, stay whole. A range that
 * reaches beyond the axis ends with it.
 *
 * @throws {ShapeError} for more ranges than axes. @throws {OptionError} for a step of 0, and for NaN and fractions.
 */
export function slice(x: Tensor, ranges: readonly (Range | null)[]): Tensor {
  checkTensor('slice', x);
  if (ranges.length > x.shape.length) throw new ShapeError(`slice: ${ranges.length} ranges for ${showShape(x.shape)}`);
  const backwards: number[] = [];
  const parts = x.shape.map((n, axis) => {
    const range = ranges[axis];
    if (!range) return { start: 0, stop: n, step: 1 };
    const [from, to, step = 1] = range;
    if (!Number.isInteger(step) || step === 0) throw new OptionError('slice', 'step', step, 'a whole number other than 0');
    // Infinities are beyond the axis, but NaN and fractions name no place in it.
    if ([from, to].some(i => Math.trunc(i) !== i)) throw new OptionError('slice', 'range', range, 'whole numbers');
    const clamp = (i: number, low: number, high: number): number => Math.min(Math.max(i < 0 ? i + n : i, low), high);
    if (step > 0) {
      const start = clamp(from, 0, n);
      return { start, stop: Math.max(start, clamp(to, 0, n)), step };
    }
    // Seen in the flipped axis, index i is n - 1 - i.
    backwards.push(axis);
    const start = n - 1 - clamp(from, -1, n - 1);
    return { start, stop: Math.max(start, n - 1 - clamp(to, -1, n - 1)), step: -step };
  });
  return tidy(() => {
    const forward = backwards.length > 0 ? flip(x, backwards) : alias(x);
    if (parts.every(({ start, stop, step }, i) => start === 0 && stop === x.shape[i] && step === 1)) return forward;
    return one(sliceOp, [forward], {
      start: parts.map(part => part.start),
      stop: parts.map(part => part.stop),
      step: parts.map(part => part.step),
    });
  });
}

/** The op of {@link pad} with a constant. */
export const padOp: Op<PadAttrs> = {
  name: 'pad',
  infer: ([x], { padding, interior, value }) => {
    checkNumber('pad', x!.dtype, value);
    const shape = x!.shape.map((n, i) => padding[i]![0] + padding[i]![1] + n + Math.max(0, n - 1) * interior[i]!);
    return [{ shape, dtype: x!.dtype }];
  },
  vjp: ([dy], { inputs: [x], attrs: { padding, interior } }) => [
    one(sliceOp, [dy!], {
      start: padding.map(([before]) => before),
      stop: x!.shape.map((n, i) => padding[i]![0] + (n === 0 ? 0 : (n - 1) * (interior[i]! + 1) + 1)),
      step: interior.map(n => n + 1),
    }),
  ],
  saves: [],
};

/** How {@link pad} fills: with a number, mirrored without the edge, with the edge, or from the other side. */
export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';

/**
 * Adds elements before and after, `[before, after]` per axis, the last axes last: fewer pairs than axes pad the last ones.
 *
 * @param options - `mode`: 'constant' (default), 'reflect' ([c, b, | a, b, c]), 'replicate' or 'circular'. `value`: the constant, 0.
 * @throws {ShapeError} for negative padding, and where a mirror or circle has too few elements.
 */
export function pad(
  x: Tensor,
  padding: readonly (readonly [number, number])[],
  { mode = 'constant', value = 0, ...left }: { mode?: PadMode; value?: number } = {},
): Tensor {
  checkTensor('pad', x);
  refuseUnknown('pad', left);
  checkOneOf('pad', 'mode', mode, ['constant', 'reflect', 'replicate', 'circular']);
  const rank = x.shape.length;
  if (!Array.isArray(padding) || padding.length > rank || padding.flat().some(n => !Number.isSafeInteger(n) || n < 0)) {
    throw new ShapeError(
      `pad: padding ${JSON.stringify(padding)} for ${showShape(x.shape)}; it takes whole numbers >= 0, a pair per axis`,
    );
  }
  const full = [...x.shape.slice(padding.length).map((): [number, number] => [0, 0]), ...padding];
  if (full.every(([before, after]) => before === 0 && after === 0)) return alias(x);
  if (mode === 'constant') return one(padOp, [x], { padding: full, interior: x.shape.map(() => 0), value });
  return tidy(() => {
    let y = alias(x);
    full.forEach(([before, after], axis) => {
      if (before + after === 0) return;
      const indices = paddedIndices(mode, x.shape, axis, before, after);
      y = take(y, tensor(x.backend, indices, { dtype: 'int32' }), axis);
    });
    return y;
  });
}

/** Where each element of a padded axis comes from. */
function paddedIndices(
  mode: Exclude<PadMode, 'constant'>,
  shape: Shape,
  axis: number,
  before: number,
  after: number,
): Int32Array {
  const n = shape[axis]!;
  const most = { reflect: n - 1, replicate: n > 0 ? Number.POSITIVE_INFINITY : -1, circular: n }[mode];
  if (Math.max(before, after) > most) {
    throw new ShapeError(
      `pad: ${mode} padding [${before}, ${after}] on axis ${axis} of ${showShape(shape)}; at most ${Math.max(0, most)} fit`,
    );
  }
  return Int32Array.from({ length: before + n + after }, (_, position) => {
    const i = position - before;
    if (mode === 'replicate') return Math.min(Math.max(i, 0), n - 1);
    if (mode === 'circular') return (i + n) % n;
    return i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i;
  });
}

/** The op of {@link concat}. */
export const concatOp: Op<AxisAttrs> = {
  name: 'concat',
  infer: (inputs, { axis }) => {
    checkSameDType('concat', ...inputs);
    const [first] = inputs;
    for (const { shape } of inputs) {
      if (!sameShape(shape.toSpliced(axis, 1), first!.shape.toSpliced(axis, 1)) || shape.length !== first!.shape.length) {
        throw new ShapeError(`concat: ${showShape(first!.shape)} and ${showShape(shape)} differ in more than axis ${axis}`);
      }
    }
    return [
      {
        shape: first!.shape.with(
          axis,
          inputs.reduce((total, { shape }) => total + shape[axis]!, 0),
        ),
        dtype: first!.dtype,
      },
    ];
  },
  vjp: ([dy], { inputs, attrs: { axis }, wanted }) => {
    let from = 0;
    return inputs.map(({ shape }, i) => {
      const start = from;
      from += shape[axis]!;
      return wanted[i]
        ? slice(
            dy!,
            shape.map((n, j) => (j === axis ? [start, start + n] : [0, n])),
          )
        : undefined;
    });
  },
  saves: [],
};

function checkTensors(who: string, tensors: readonly Tensor[]): void {
  if (!Array.isArray(tensors)) throw new UsageError(`${who}: it takes a list of tensors`);
  if (tensors.length === 0) throw new ShapeError(`${who}: no tensors`);
  for (const x of tensors) checkTensor(who, x);
}

/** Tensors one after another along an axis. @throws {ShapeError} where they differ in another axis. */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  checkTensors('concat', tensors);
  return one(concatOp, tensors, { axis: axisOf('concat', axis, tensors[0]!.shape.length) });
}

/** Tensors of one shape along a new axis. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  checkTensors('stack', tensors);
  return tidy(() => {
    const odd = tensors.find(({ shape }) => !sameShape(shape, tensors[0]!.shape));
    if (odd) throw new ShapeError(`stack: ${showShape(tensors[0]!.shape)} beside ${showShape(odd.shape)}`);
    return concat(
      tensors.map(x => expandDims(x, axis)),
      axis,
    );
  });
}

/** Parts along an axis: as many equal ones as a number says, or of the sizes of a list. */
export function split(x: Tensor, parts: number | readonly number[], axis = 0): Tensor[] {
  checkTensor('split', x);
  const at = axisOf('split', axis, x.shape.length);
  const n = x.shape[at]!;
  const sizes = typeof parts === 'number' ? Array.from({ length: parts }, () => n / parts) : parts;
  if (sizes.some(size => !Number.isSafeInteger(size) || size < 0) || sizes.reduce((a, b) => a + b, 0) !== n) {
    throw new ShapeError(`split: axis ${at} of ${showShape(x.shape)} cannot be cut into ${JSON.stringify(parts)}`);
  }
  let from = 0;
  return sizes.map(size => {
    const start = from;
    from += size;
    return slice(
      x,
      x.shape.map((length, i) => (i === at ? [start, start + size] : [0, length])),
    );
  });
}

/** The tensor repeated whole, `repeats` times per axis. */
export function tile(x: Tensor, repeats: readonly number[]): Tensor {
  checkTensor('tile', x);
  if (repeats.length !== x.shape.length || repeats.some(n => !Number.isSafeInteger(n) || n < 0)) {
    throw new ShapeError(
      `tile: repeats ${JSON.stringify(repeats)} for ${showShape(x.shape)}; it takes a whole number >= 0 per axis`,
    );
  }
  return tidy(() => {
    const pairs = broadcastTo(
      reshape(
        x,
        x.shape.flatMap(n => [1, n]),
      ),
      x.shape.flatMap((n, i) => [repeats[i]!, n]),
    );
    return reshape(
      pairs,
      x.shape.map((n, i) => n * repeats[i]!),
    );
  });
}

/** The op of {@link flip}. */
export const flipOp: Op<AxesAttrs> = {
  name: 'flip',
  infer: ([x]) => [x!],
  vjp: ([dy], { attrs: { axes } }) => [flip(dy!, axes)],
  saves: [],
};

/** The order of elements reversed along axes; along all where none are named. */
export const flip = (x: Tensor, axes?: number | readonly number[]): Tensor =>
  one(flipOp, [x], { axes: axesOf('flip', axes, rankOf('flip', x)) });
