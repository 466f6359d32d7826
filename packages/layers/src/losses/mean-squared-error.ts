import * as ops from '@cnn/tensor/ops';
import { elementLoss } from './element-loss.js';

/** (prediction - target)², the mean over all elements. @throws {ShapeError} if the shapes differ. */
export const meanSquaredError = elementLoss('meanSquaredError', (prediction, target) => ops.square(ops.sub(prediction, target)));
