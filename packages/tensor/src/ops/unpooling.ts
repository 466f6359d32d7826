/** The way back from a pooled image. */
import { ShapeError } from '../errors.js';
import { sameShape, showShape } from '../spec.js';
import { type Tensor, tidy } from '../tensor.js';
import { checkFloat, checkRank } from './common.js';
import { zeros } from './create.js';
import { scatterAdd } from './gather.js';
import { reshape } from './shape.js';
import { type PerAxis, perAxis } from './window.js';

/**
 * Unpooling (Zeiler et al., 2011): each number goes back to where the maximum of its window lay, and the rest is 0. Numbers that go
 * to one place, from windows that overlap, add up.
 *
 * @param x - [n, c, h, w], shaped as what the pool gave.
 * @param indices - int32 [n, c, h, w], those of `maxPool2dWithIndices`. One beyond the plane leaves its number out.
 * @param outputSize - Height and width of what was pooled.
 * @returns [n, c, ...outputSize].
 * @throws {ShapeError} where the shapes of x and indices differ.
 */
export function maxUnpool2d(x: Tensor, indices: Tensor, outputSize: PerAxis): Tensor {
  checkFloat('maxUnpool2d', x);
  checkRank('maxUnpool2d', x, 4, '[n, c, h, w]');
  if (!sameShape(x.shape, indices.shape))
    throw new ShapeError(`maxUnpool2d: the input is ${showShape(x.shape)}, the indices ${showShape(indices.shape)}`);
  const [oh, ow] = perAxis('maxUnpool2d', 'outputSize', outputSize, 2, 1) as [number, number];
  const [n, c, h, w] = x.shape as [number, number, number, number];
  return tidy(() => {
    const planes = (t: Tensor): Tensor => reshape(t, [n, c, h * w]);
    const empty = zeros(x.backend, [n, c, oh * ow], x.dtype);
    return reshape(scatterAdd(empty, planes(indices), planes(x), 2), [n, c, oh, ow]);
  });
}
