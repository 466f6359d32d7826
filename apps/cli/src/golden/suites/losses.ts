import { type Loss, losses as make } from '@cnn/layers';
import { OptionError, ops } from '@cnn/tensor';
import { type Attrs, isGoldenTensor } from '../format.js';
import { type GoldenOp, type GoldenOps, operator } from '../golden-op.js';

function reductionOf(attrs: Attrs): ops.Reduction {
  const reduction = attrs.text('reduction');
  if (reduction === 'mean' || reduction === 'sum' || reduction === 'none') return reduction;
  throw new OptionError('loss', 'reduction', reduction, "'mean', 'sum', 'none'");
}

/** A loss of x for a target, made from the attributes. */
const loss = (from: (attrs: Attrs, reduction: ops.Reduction) => Loss): GoldenOp =>
  operator(({ x, target }, attrs) => from(attrs, reductionOf(attrs))(x!, target!));

const crossEntropy: GoldenOp = (testCase, context) => {
  const weights = testCase.inputs.class_weight;
  return loss((attrs, reduction) =>
    make.softmaxCrossEntropy({
      labelSmoothing: attrs.number('label_smoothing', 0),
      reduction,
      ...(weights !== undefined && isGoldenTensor(weights) && { classWeights: weights.data }),
    }),
  )(testCase, context);
};

/** PyTorch divides the sum over the wrong classes by the number of classes. */
const multiMargin: GoldenOp = operator(({ x, target }, attrs) => {
  const svm = make.multiclassSvm({
    margin: attrs.number('margin'),
    squared: attrs.number('p') === 2,
    reduction: reductionOf(attrs),
  });
  return ops.div(svm(x!, target!), x!.shape[1]!);
});

/** Losses. */
export const losses: GoldenOps = {
  cross_entropy: crossEntropy,
  nll_loss: loss((_, reduction) => make.negativeLogLikelihood({ reduction })),
  multi_margin_loss: multiMargin,
  mse_loss: loss((_, reduction) => make.meanSquaredError({ reduction })),
  l1_loss: loss((_, reduction) => make.meanAbsoluteError({ reduction })),
  smooth_l1_loss: loss((attrs, reduction) => make.smoothL1({ beta: attrs.number('beta'), reduction })),
  bce_with_logits: loss((_, reduction) => make.binaryCrossEntropyWithLogits({ reduction })),
  bce: loss((_, reduction) => make.binaryCrossEntropy({ reduction })),
  kl_div: loss((_, reduction) => make.klDivergence({ reduction })),
  binary_hinge: loss((_, reduction) => make.binaryHinge({ reduction })),
};
