import { option, ShapeError, showShape } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineLayer } from '../layer.js';
import { channelsOf } from './convolution.js';
import { sides } from './window.js';

/** Options of {@link reshape}. */
export interface ReshapeConfig {
  /** The shape of each example. One size may be -1: the rest. */
  readonly shape: readonly number[];
}

/** The same numbers in another shape: [n, ...] gives [n, ...shape]. */
export const reshape = defineLayer({
  type: 'reshape',
  options: { shape: option.list(option.integer) },
  required: ['shape'],
  forward: (x, _, { shape }: ReshapeConfig) => ops.reshape(x, [x.shape[0]!, ...shape]),
});

/** Options of {@link permute}. */
export interface PermuteConfig {
  /** The axes after the batch, which is axis 0 and stays first: [2, 3, 1] makes [n, h, w, c] of [n, c, h, w]. */
  readonly order: readonly number[];
}

/** Axes in another order: axis i of the result is axis `order[i - 1]`. */
export const permute = defineLayer({
  type: 'permute',
  options: { order: option.list(option.count) },
  required: ['order'],
  forward: (x, _, { order }: PermuteConfig) => ops.permute(x, [0, ...order]),
});

/** A number for all four sides, [height, width], or [before, after] per axis. */
export type Sides = Exclude<ops.Padding, 'same' | 'valid'>;

/** Options of {@link pad2d}. */
export interface Pad2dConfig {
  /** Rows and columns added around. */
  readonly padding: Sides;
  /** What the padding holds: zeros (default), the mirrored or repeated edge, or the other side. */
  readonly paddingMode?: 'zeros' | 'reflect' | 'replicate' | 'circular';
}

/** Rows and columns added around images: [n, c, h, w] gives [n, c, oh, ow], see `ops.pad`. */
export const pad2d = defineLayer({
  type: 'pad2d',
  options: { padding: sides(), paddingMode: option.oneOf('zeros', 'reflect', 'replicate', 'circular') },
  required: ['padding'],
  forward: (x, _, { padding, paddingMode = 'zeros' }: Pad2dConfig) => {
    channelsOf('pad2d', x.shape.slice(1));
    const { padding: around } = ops.windowAttrs('pad2d', x.shape.slice(2), 1, { padding });
    return ops.pad(x, around, { mode: paddingMode === 'zeros' ? 'constant' : paddingMode });
  },
});

/** Options of {@link crop2d}. */
export interface Crop2dConfig {
  /** Rows and columns cut off. */
  readonly cropping: Sides;
}

/** Images without their border: [n, c, h, w] gives [n, c, oh, ow]. @throws {ShapeError} where nothing is left. */
export const crop2d = defineLayer({
  type: 'crop2d',
  options: { cropping: sides() },
  required: ['cropping'],
  forward: (x, _, { cropping }: Crop2dConfig) => {
    channelsOf('crop2d', x.shape.slice(1));
    const inputSize = x.shape.slice(2);
    const { padding: around } = ops.windowAttrs('crop2d', inputSize, 1, { padding: cropping });
    if (inputSize.some((n, i) => around[i]![0] + around[i]![1] >= n))
      throw new ShapeError(`crop2d: nothing is left of ${showShape(inputSize)} without ${JSON.stringify(around)}`);
    return ops.slice(x, [null, null, ...inputSize.map((n, i) => [around[i]![0], n - around[i]![1]] as const)]);
  },
});
