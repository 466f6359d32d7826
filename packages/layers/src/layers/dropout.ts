import { option, type Shape, type Tensor } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineLayer, type LayerContext } from '../layer.js';

/** Options of {@link dropout}, {@link spatialDropout} and {@link stochasticDepth}. */
export interface DropoutConfig {
  /** The probability to become 0, in [0, 1). Default 0.5. */
  readonly rate?: number;
}

const options = { rate: option.between(0, 1, { openEnd: true }) };

/** In training, elements become 0 at random and the rest is scaled up (Srivastava et al., 2014); otherwise x. */
export const dropout = defineLayer({
  type: 'dropout',
  options,
  forward: (x, _, { rate = 0.5 }: DropoutConfig, { training, key }) => (training ? ops.dropout(x, rate, key) : x),
});

/** Drops what shares an element of a mask of this shape, which broadcasts to x. */
const dropTogether = (x: Tensor, shape: Shape, rate: number, { training, key }: LayerContext): Tensor =>
  training ? ops.mul(x, ops.dropout(ops.ones(x.backend, shape, x.dtype), rate, key)) : x;

/**
 * Dropout of whole channels (Tompson et al., 2015), since neighbouring pixels tell the same: in training each channel of [n, c, ...]
 * becomes 0 with probability `rate`, otherwise it is divided by 1 - rate. Outside training x.
 */
export const spatialDropout = defineLayer({
  type: 'spatialDropout',
  options,
  forward: (x, _, { rate = 0.5 }: DropoutConfig, context) =>
    dropTogether(
      x,
      x.shape.map((n, i) => (i < 2 ? n : 1)),
      rate,
      context,
    ),
});

/**
 * Stochastic depth (Huang et al., 2016), as the last layer of a residual's body: in training the whole branch of an example becomes
 * 0 with probability `rate`, otherwise it is divided by 1 - rate. Outside training x, [n, ...].
 */
export const stochasticDepth = defineLayer({
  type: 'stochasticDepth',
  options,
  forward: (x, _, { rate = 0.5 }: DropoutConfig, context) =>
    dropTogether(
      x,
      x.shape.map((n, i) => (i === 0 ? n : 1)),
      rate,
      context,
    ),
});
