import { OptionError, ops, type Tensor } from '@cnn/tensor';
import type { Attrs } from '../format.js';
import { type Forward, type GoldenOps, operator } from '../golden-op.js';

const expressions: Readonly<Record<string, Forward>> = {
  'y = x*x + x*sigmoid(x)': ({ x }) => ops.add(ops.mul(x!, x!), ops.mul(x!, ops.sigmoid(x!))),
  'h = a@b; y = tanh(h)*h + h.sum(axis 0, keep)': ({ a, b }) => {
    const h = ops.matmul(a!, b!);
    return ops.add(ops.mul(ops.tanh(h), h), ops.sum(h, 0, { keepDims: true }));
  },
};

function expression(inputs: Readonly<Record<string, Tensor>>, attrs: Attrs): ReturnType<Forward> {
  const text = attrs.text('expr');
  const found = Object.hasOwn(expressions, text) ? expressions[text] : undefined;
  if (!found) throw new OptionError('expr', 'expr', text, Object.keys(expressions).join(' or '));
  return found(inputs, attrs);
}

function pad2d(x: Tensor, attrs: Attrs): Tensor {
  const [left, right, top, bottom] = attrs.numbers('left_right_top_bottom', 4) as [number, number, number, number];
  const mode = attrs.text('mode') as ops.PadMode;
  return ops.pad(
    x,
    [
      [top, bottom],
      [left, right],
    ],
    { mode, value: attrs.number('value', 0) },
  );
}

function resize2d(x: Tensor, attrs: Attrs): Tensor {
  const scaled = attrs.names.includes('scale_factor');
  const [h, w] = x.shape.slice(2).map(n => n * (scaled ? attrs.number('scale_factor') : 1)) as [number, number];
  const size = scaled ? ([h, w] as const) : (attrs.numbers('size', 2) as [number, number]);
  const mode = attrs.text('mode') as 'nearest' | 'bilinear';
  return ops.resize(x, size, { mode, alignCorners: attrs.boolean('align_corners', false) });
}

const reduceOptions = (attrs: Attrs) => ({ keepDims: attrs.boolean('keepdims') });

/** Arithmetic, reductions, shapes and shared sub-expressions. */
export const tensorOps: GoldenOps = {
  linear: operator(({ x, weight, bias }) => ops.linear(x!, weight!, bias)),
  matmul: operator(({ a, b }) => ops.matmul(a!, b!)),
  add: operator(({ a, b }) => ops.add(a!, b!)),
  sub: operator(({ a, b }) => ops.sub(a!, b!)),
  mul: operator(({ a, b }) => ops.mul(a!, b!)),
  div: operator(({ a, b }) => ops.div(a!, b!)),
  reduce_sum: operator(({ x }, attrs) => ops.sum(x!, attrs.numbers('axes'), reduceOptions(attrs))),
  reduce_mean: operator(({ x }, attrs) => ops.mean(x!, attrs.numbers('axes'), reduceOptions(attrs))),
  reduce_max: operator(({ x }, attrs) => ops.max(x!, attrs.numbers('axes'), reduceOptions(attrs))),
  reduce_var_unbiased: operator(({ x }, attrs) => ops.variance(x!, attrs.numbers('axes'), reduceOptions(attrs))),
  reduce_var_biased: operator(({ x }, attrs) =>
    ops.variance(x!, attrs.numbers('axes'), { ...reduceOptions(attrs), correction: 0 }),
  ),
  pad2d: operator(({ x }, attrs) => pad2d(x!, attrs)),
  resize2d: operator(({ x }, attrs) => resize2d(x!, attrs)),
  exp: operator(({ x }) => ops.exp(x!)),
  log: operator(({ x }) => ops.log(x!)),
  sqrt: operator(({ x }) => ops.sqrt(x!)),
  abs: operator(({ x }) => ops.abs(x!)),
  square: operator(({ x }) => ops.square(x!)),
  pow3: operator(({ x }) => ops.pow(x!, 3)),
  reciprocal: operator(({ x }) => ops.reciprocal(x!)),
  transpose: operator(({ x }, attrs) => ops.permute(x!, attrs.numbers('perm'))),
  concat: operator((inputs, attrs) => ops.concat(Object.values(inputs), attrs.number('axis'))),
  slice: operator(({ x }, attrs) => ops.slice(x!, attrs.lists('slices') as [number, number, number][])),
  expr: operator(expression),
};
