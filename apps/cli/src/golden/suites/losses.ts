import { losses as layerLosses } from '@cnn/layers';
import { OptionError, ops } from '@cnn/tensor';
import type { Attrs } from '../format.js';
import { type GoldenOp, type GoldenOps, notYet, operator } from '../golden-op.js';

const { meanSquaredError, meanAbsoluteError } = layerLosses;

function reductionOf(attrs: Attrs): ops.Reduction {
  const reduction = attrs.text('reduction');
  if (reduction === 'mean' || reduction === 'sum' || reduction === 'none') return reduction;
  throw new OptionError('loss', 'reduction', reduction, "'mean', 'sum', 'none'");
}

const crossEntropy: GoldenOp = (testCase, context) => {
  if (testCase.inputs.class_weight !== undefined) return { skip: 'class weights: not in this release' };
  return operator(({ x, target }, attrs) => {
    const options = { labelSmoothing: attrs.number('label_smoothing', 0), reduction: reductionOf(attrs) };
    return ops.softmaxCrossEntropy(x!, target!, options);
  })(testCase, context);
};

const elementLoss = (loss: typeof meanSquaredError): GoldenOp =>
  operator(({ x, target }, attrs) => loss({ reduction: reductionOf(attrs) })(x!, target!));

/** Losses. */
export const losses: GoldenOps = {
  cross_entropy: crossEntropy,
  nll_loss: notYet,
  multi_margin_loss: notYet,
  mse_loss: elementLoss(meanSquaredError),
  l1_loss: elementLoss(meanAbsoluteError),
  smooth_l1_loss: notYet,
  bce_with_logits: notYet,
  bce: notYet,
  kl_div: notYet,
  binary_hinge: notYet,
};
