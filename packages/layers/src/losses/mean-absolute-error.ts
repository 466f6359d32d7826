import * as ops from '@cnn/tensor/ops';
import { elementLoss } from './element-loss.js';

/** |prediction - target|, the mean over all elements. @throws {ShapeError} if the shapes differ. */
export const meanAbsoluteError = elementLoss('meanAbsoluteError', (prediction, target) => ops.abs(ops.sub(prediction, target)));
