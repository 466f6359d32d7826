/**
 * A whole backend in one file, to start one of your own from. A buffer is a typed array; a kernel is a rule that says what the
 * number at one place of the output is, as a shader on a GPU would. It computes slowly and shows everything that a backend must do.
 */
import type { Backend, BinaryName, Kernel, Kernels, PrimitiveOps, Shape, Spec, TypedArray, UnaryName } from '@cnn/tensor';
import { arrayTypes, BackendError, isFloat, sizeOf, toTypedArray } from '@cnn/tensor';

/** A place in an array: one index for each axis. */
type Place = readonly number[];

/** What a rule sees: its inputs' specs, their numbers by place, and the spec of the output that it fills. */
interface Context {
  readonly inputs: readonly Spec[];
  readonly output: Spec;
  /** The number of input i at a place, which must lie inside. */
  get(i: number, place: Place): number;
  /** The same where input i is broadcast to the output: axes that it lacks or has at size 1 are passed over. */
  broadcast(i: number, place: Place): number;
}

/** Gives the number at one place of an output. */
type Rule<A> = (place: Place, attrs: A, context: Context) => number;

// ---- from rules to kernels ----------------------------------------------------------------------

/** Where a place is in a row-major array. */
const indexOf = (shape: Shape, place: Place): number => shape.reduce((index, size, axis) => index * size + place[axis]!, 0);

/** The place after this one in row-major order; back at the start after the last. */
function advance(place: number[], shape: Shape): void {
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (++place[axis]! < shape[axis]!) return;
    place[axis] = 0;
  }
}

/** A kernel from one rule for each output. */
const kernel =
  <A>(...rules: Rule<A>[]): Kernel<TypedArray, A> =>
  (inputs, attrs, outputs) =>
    outputs.map((output, i) => {
      const get = (i: number, place: Place): number => inputs[i]!.buffer[indexOf(inputs[i]!.shape, place)]!;
      const broadcast = (i: number, place: Place): number => {
        const { shape } = inputs[i]!;
        const skipped = place.length - shape.length;
        const own = shape.map((size, axis) => (size === 1 ? 0 : place[axis + skipped]!));
        return get(i, own);
      };
      const context = { inputs, output, get, broadcast };
      const numbers = new arrayTypes[output.dtype](sizeOf(output.shape));
      const place = output.shape.map(() => 0);
      for (let at = 0; at < numbers.length; at++, advance(place, output.shape)) numbers[at] = rules[i]!(place, attrs, context);
      return numbers;
    });

/** A kernel that takes each number from another place of its input. */
const moved = <A>(from: (place: Place, attrs: A, x: Spec) => Place): Kernel<TypedArray, A> =>
  kernel((place, attrs, { inputs: [x], get }) => get(0, from(place, attrs, x!)));

/** A place with another index along one axis. */
const withIndex = (place: Place, axis: number, index: number): number[] => place.map((i, a) => (a === axis ? index : i));

/** The sum of some numbers; of whole numbers it wraps around when it is stored. */
function sumOver(count: number, term: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += term(i);
  return sum;
}

/** The places of a shape, in row-major order. */
function placesOf(shape: Shape): number[][] {
  const place = shape.map(() => 0);
  return Array.from({ length: sizeOf(shape) }, () => {
    const copy = [...place];
    advance(place, shape);
    return copy;
  });
}

// ---- functions of one and two numbers -----------------------------------------------------------

/** erf by its series, and by its continued fraction where that converges faster (Abramowitz and Stegun, 7.1.6 and 7.1.14). */
function erf(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  let value = size < 2 ? 1 : size;
  if (size < 2) for (let n = 81; n >= 3; n -= 2) value = 1 + (2 * x * x * value) / n;
  else for (let n = 40; n >= 1; n--) value = size + n / 2 / value;
  const scale = Math.exp(-x * x) / Math.sqrt(Math.PI);
  return size < 2 ? 2 * scale * x * value : Math.sign(x) * (1 - scale / value);
}

const { abs, sign, exp, expm1, log, log1p, sqrt, floor, ceil, sin, cos, tanh, max, min } = Math;

const unary: Record<UnaryName, (x: number) => number> = {
  ...{ abs, sign, exp, expm1, log, log1p, sqrt, floor, ceil, sin, cos, tanh, erf },
  neg: x => -x,
  square: x => x * x,
  reciprocal: x => 1 / x,
  rsqrt: x => 1 / sqrt(x),
  round: x => (abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)), // from the middle to the even one
  sigmoid: x => (x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x))),
  softplus: x => max(x, 0) + log1p(exp(-abs(x))),
  relu: x => max(x, 0),
  isFinite: x => Number(Number.isFinite(x)),
  logicalNot: x => Number(x === 0),
};

const truth = (f: (a: number, b: number) => boolean) => (a: number, b: number) => Number(f(a, b));

const binary: Record<BinaryName, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  // As in C, 1 to the power NaN is 1, and so is -1 to an infinite one.
  pow: (a, b) => (a === 1 || (a === -1 && abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b),
  maximum: max,
  minimum: min,
  equal: truth((a, b) => a === b),
  notEqual: truth((a, b) => a !== b),
  less: truth((a, b) => a < b),
  lessEqual: truth((a, b) => a <= b),
  greater: truth((a, b) => a > b),
  greaterEqual: truth((a, b) => a >= b),
  logicalAnd: truth((a, b) => a !== 0 && b !== 0),
  logicalOr: truth((a, b) => a !== 0 || b !== 0),
  logicalXor: truth((a, b) => (a !== 0) !== (b !== 0)),
};

/** A product that stays exact where both are int32. */
const times = ({ dtype }: Spec, a: number, b: number): number => (isFloat(dtype) ? a * b : Math.imul(a, b));

// ---- everything else ----------------------------------------------------------------------------

/** Folds the numbers along the axes that a reduction brought to size 1. */
const reduction =
  (start: number, f: (sofar: number, x: number) => number): Rule<PrimitiveOps['sum']> =>
  (place, { axes }, { inputs: [x], get }) =>
    placesOf(axes.map(axis => x!.shape[axis]!)).reduce((sofar, along) => {
      const at = [...place];
      axes.forEach((axis, i) => {
        at[axis] = along[i]!;
      });
      return f(sofar, get(0, at));
    }, start);

/** The indices along an axis in the order of their numbers; NaN comes after all of them, and equals keep their order. */
function sorted(place: Place, axis: number, descending: boolean, { inputs, get }: Context): number[] {
  const values = Array.from({ length: inputs[0]!.shape[axis]! }, (_, i) => get(0, withIndex(place, axis, i)));
  const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : Number(Number.isNaN(a)) - Number(Number.isNaN(b)));
  return [...values.keys()].sort((i, j) => (descending ? -1 : 1) * compare(values[i]!, values[j]!));
}

/** The first index along an axis that no other beats; NaN beats all numbers. */
const best =
  (sign: 1 | -1): Rule<PrimitiveOps['argMax']> =>
  (place, { axis }, { inputs: [x], get }) => {
    let found = 0;
    for (let i = 1; i < x!.shape[axis]!; i++) {
      const [value, held] = [get(0, withIndex(place, axis, i)), get(0, withIndex(place, axis, found))];
      if (sign * value > sign * held || (Number.isNaN(value) && !Number.isNaN(held))) found = i;
    }
    return found;
  };

const matmul = kernel<PrimitiveOps['matmul']>((place, { transposeA, transposeB }, { inputs, output, broadcast }) => {
  const [i, j] = place.slice(-2) as [number, number];
  const batch = place.slice(0, -2);
  return sumOver(inputs[0]!.shape.at(transposeA ? -2 : -1)!, k => {
    const a = broadcast(0, transposeA ? [...batch, k, i] : [...batch, i, k]);
    const b = broadcast(1, transposeB ? [...batch, j, k] : [...batch, k, j]);
    return times(output, a, b);
  });
});

/** The number of x that lies `padding` inside the output with `interior` elements between neighbours; the value elsewhere. */
const pad = kernel<PrimitiveOps['pad']>((place, { padding, interior, value }, { inputs: [x], get }) => {
  const at = place.map((i, axis) => (i - padding[axis]![0]) / (interior[axis]! + 1));
  return at.every((i, axis) => Number.isInteger(i) && i >= 0 && i < x!.shape[axis]!) ? get(0, at) : value;
});

const concat = kernel<PrimitiveOps['concat']>((place, { axis }, { inputs, get }) => {
  let index = place[axis]!;
  let input = 0;
  while (index >= inputs[input]!.shape[axis]!) index -= inputs[input++]!.shape[axis]!;
  return get(input, withIndex(place, axis, index));
});

/** [n, c, ...kernel, ...out]: the pixel that a place of the kernel meets there, and the padding's value outside the image. */
const unfold = kernel<PrimitiveOps['unfold']>(
  (place, { kernelSize, stride, padding, dilation, padValue }, { inputs: [x], get }) => {
    const rank = kernelSize.length;
    const pixel = kernelSize.map((_, a) => place[2 + rank + a]! * stride[a]! + place[2 + a]! * dilation[a]! - padding[a]![0]);
    const inside = pixel.every((i, a) => i >= 0 && i < x!.shape[2 + a]!);
    return inside ? get(0, [place[0]!, place[1]!, ...pixel]) : padValue;
  },
);

/** The sum over the kernel's places of what `unfold` copied this pixel to. */
const fold = kernel<PrimitiveOps['fold']>((place, { kernelSize, stride, padding, dilation }, { inputs: [y], get }) => {
  const rank = kernelSize.length;
  const taps = placesOf(kernelSize);
  return sumOver(taps.length, t => {
    const tap = taps[t]!;
    const out = tap.map((k, a) => (place[2 + a]! + padding[a]![0] - k * dilation[a]!) / stride[a]!);
    const inside = out.every((o, a) => Number.isInteger(o) && o >= 0 && o < y!.shape[2 + rank + a]!);
    return inside ? get(0, [place[0]!, place[1]!, ...tap, ...out]) : 0;
  });
});

const gather = kernel<PrimitiveOps['gather']>((place, { axis }, { inputs: [x], get }) => {
  const index = get(1, place);
  return index >= 0 && index < x!.shape[axis]! ? get(0, withIndex(place, axis, index)) : Number.NaN;
});

const scatterAdd = kernel<PrimitiveOps['scatterAdd']>(
  (place, { axis }, { inputs, get }) =>
    get(0, place) +
    sumOver(inputs[1]!.shape[axis]!, i => {
      const at = withIndex(place, axis, i);
      return get(1, at) === place[axis] ? get(2, at) : 0;
    }),
);

const cumsum = kernel<PrimitiveOps['cumsum']>((place, { axis, exclusive, reverse }, { inputs: [x], get }) =>
  sumOver(x!.shape[axis]!, i => {
    const before = reverse ? i > place[axis]! : i < place[axis]!;
    return before || (!exclusive && i === place[axis]) ? get(0, withIndex(place, axis, i)) : 0;
  }),
);

/** The kernel table: every primitive. All other ops are composed of these, and a backend adds kernels for those it can do faster. */
const kernels: Kernels<TypedArray> = {
  ...mapValues(unary, f => kernel<PrimitiveOps[UnaryName]>((place, _, { get }) => f(get(0, place)))),
  ...mapValues(binary, f => kernel<PrimitiveOps[BinaryName]>((at, _, { broadcast }) => f(broadcast(0, at), broadcast(1, at)))),
  mul: kernel((at, _, { output, broadcast }) => times(output, broadcast(0, at), broadcast(1, at))),
  square: kernel((at, _, { output, get }) => times(output, get(0, at), get(0, at))),
  select: kernel((at, _, { broadcast }) => broadcast(broadcast(0, at) ? 1 : 2, at)),
  fill: kernel((_, { value, dtype }) => (dtype === 'bool' ? Number(value !== 0) : value)),
  arange: kernel(([i], { start, step }) => start + i! * step),
  cast: kernel((at, { dtype }, { get }) => (dtype === 'bool' ? Number(get(0, at) !== 0) : get(0, at))),
  sum: kernel(reduction(0, (a, b) => a + b)),
  max: kernel(reduction(Number.NEGATIVE_INFINITY, max)),
  min: kernel(reduction(Number.POSITIVE_INFINITY, min)),
  argMax: kernel(best(1)),
  argMin: kernel(best(-1)),
  sort: kernel<PrimitiveOps['sort']>(
    (at, { axis, descending }, context) => context.get(0, withIndex(at, axis, sorted(at, axis, descending, context)[at[axis]!]!)),
    (at, { axis, descending }, context) => sorted(at, axis, descending, context)[at[axis]!]!,
  ),
  broadcastTo: kernel((at, _, { broadcast }) => broadcast(0, at)),
  permute: moved<PrimitiveOps['permute']>((at, { order }) => order.map((_, axis) => at[order.indexOf(axis)]!)),
  slice: moved<PrimitiveOps['slice']>((at, { start, step }) => at.map((i, axis) => start[axis]! + i * step[axis]!)),
  flip: moved<PrimitiveOps['flip']>((at, { axes }, x) => at.map((i, a) => (axes.includes(a) ? x.shape[a]! - 1 - i : i))),
  ...{ matmul, pad, concat, unfold, fold, gather, scatterAdd, cumsum },
};

function mapValues<K extends string, V, W>(table: Record<K, V>, f: (value: V) => W): Record<K, W> {
  return Object.fromEntries(Object.entries<V>(table).map(([name, value]) => [name, f(value)])) as Record<K, W>;
}

/** A backend of typed arrays. Freeing leaves the memory to the engine; what is used after it is an error. */
export function pluginName(): Backend<TypedArray> {
  const live = new Set<TypedArray>();
  let disposed = false;
  const keep = (array: TypedArray): TypedArray => {
    if (disposed) throw new BackendError('pluginName: the backend was disposed');
    live.add(array);
    return array;
  };
  const check = (array: TypedArray): TypedArray => {
    if (!live.has(array)) throw new BackendError('pluginName: the buffer was freed before, or is none of this backend');
    return array;
  };
  const guarded = (run: Kernel<TypedArray, unknown>): Kernel<TypedArray, unknown> => {
    return (inputs, ...rest) =>
      run(
        inputs.map(input => ({ ...input, buffer: check(input.buffer) })),
        ...rest,
      )?.map(keep);
  };
  const table = mapValues(kernels as unknown as Record<string, Kernel<TypedArray, unknown>>, guarded);
  return {
    name: 'pluginName',
    dtypes: ['float32', 'float64', 'int32', 'uint8', 'bool'],
    kernels: Object.assign(Object.create(null), table),
    write: (data, { dtype }) => keep(toTypedArray(data, dtype).slice()),
    read: async array => check(array).slice(),
    readSync: array => check(array).slice(),
    free: array => void live.delete(array),
    flush: async () => {},
    async dispose() {
      disposed = true;
      live.clear();
    },
  };
}
