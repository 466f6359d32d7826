/** Convolution's windows with a weight of its own at every place. */
import { ShapeError } from '../errors.js';
import { sameShape, showShape, sizeOf } from '../spec.js';
import { type Tensor, tidy } from '../tensor.js';
import { add } from './binary.js';
import { checkFloat, checkRank, one } from './common.js';
import { matmul } from './matmul.js';
import { permute, reshape } from './shape.js';
import { unfoldOp, type WindowOptions, windowAttrs, windowCounts } from './window.js';

/**
 * A locally connected layer (LeCun, 1989; Taigman et al., 2014): a convolution whose weight is not shared between places,
 * y[n, o, i, j] = b[o, i, j] + Σ x[n, c, i s - p + u d, j s - p + v d] w[i, j, o, c, u, v].
 *
 * @param x - Images [n, c, h, w].
 * @param weight - [oh, ow, filters, c, kernel height, kernel width].
 * @param bias - [filters, oh, ow], or none.
 * @returns [n, filters, oh, ow], sizes as in `conv2d`.
 * @throws {ShapeError} where channels, places or window do not fit. @throws {OptionError} for an impossible option.
 */
export function locallyConnected2d(x: Tensor, weight: Tensor, bias?: Tensor, options: WindowOptions = {}): Tensor {
  checkRank('locallyConnected2d', x, 4, 'images [n, c, h, w]');
  checkRank('locallyConnected2d', weight, 6, 'a weight [oh, ow, filters, c, kernel height, kernel width]');
  checkFloat('locallyConnected2d', x, weight, ...(bias ? [bias] : []));
  const [n, channels, ...size] = x.shape as [number, number, ...number[]];
  const [, , filters, , ...kernelSize] = weight.shape as [number, number, number, number, ...number[]];
  const window = windowAttrs('locallyConnected2d', size, kernelSize, options);
  const out = windowCounts('locallyConnected2d', size, window);
  const expected = [...out, filters, channels, ...kernelSize];
  if (!sameShape(weight.shape, expected)) {
    throw new ShapeError(
      `locallyConnected2d: the weight is ${showShape(weight.shape)}; images ${showShape(x.shape)} need ${showShape(expected)}`,
    );
  }
  if (bias && !sameShape(bias.shape, [filters, ...out])) {
    throw new ShapeError(`locallyConnected2d: the bias is ${showShape(bias.shape)}; it must be ${showShape([filters, ...out])}`);
  }
  return tidy(() => {
    const places = sizeOf(out);
    const taps = channels * sizeOf(kernelSize);
    const windows = reshape(one(unfoldOp, [x], { ...window, padValue: 0 }), [n, taps, places]);
    // One product of matrices a place: [filters, taps] by [taps, n].
    const products = matmul(reshape(weight, [places, filters, taps]), permute(windows, [2, 1, 0]));
    const y = reshape(permute(products, [2, 1, 0]), [n, filters, ...out]);
    return bias ? add(y, bias) : y;
  });
}
