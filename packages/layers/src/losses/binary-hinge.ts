import * as ops from '@cnn/tensor/ops';
import { elementLoss } from './element-loss.js';

/**
 * max(0, 1 - x t) of scores x and targets t of -1 or 1 (Cortes and Vapnik, 1995), the mean over all elements.
 *
 * @throws {ShapeError} if the shapes differ.
 */
export const binaryHinge = elementLoss('binaryHinge', (x, t) => ops.relu(ops.sub(1, ops.mul(x, t))));
