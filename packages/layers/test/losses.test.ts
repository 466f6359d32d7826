import { cpuReference } from '@cnn/backend-cpu';
import { DTypeError, grad, OptionError, ops, ShapeError, type Tensor, tensor, UsageError } from '@cnn/tensor';
import { afterEach, describe, expect, it } from 'vitest';
import { losses } from '../src/index.js';
import { expectClose, type GoldenCase, golden, toTensor } from './helpers.js';

const backend = cpuReference({ poison: true });
afterEach(() => expect(backend.live()).toBe(0));

type Attrs = GoldenCase['attrs'];
type Inputs = Readonly<Record<string, Tensor>>;
const number = (attrs: Attrs, name: string): number => attrs[name] as number;
const reductionOf = (attrs: Attrs) => ({ reduction: attrs.reduction as ops.Reduction });
const plain =
  (make: (options: losses.LossOptions) => losses.Loss) =>
  ({ x, target }: Inputs, attrs: Attrs): Tensor =>
    make(reductionOf(attrs))(x!, target!);

/** PyTorch's losses by their names here. */
const make: Readonly<Record<string, (inputs: Inputs, attrs: Attrs) => Tensor>> = {
  cross_entropy: ({ x, target, class_weight }, attrs) => {
    const classWeights = class_weight ? [...class_weight.dataSync()] : (attrs.class_weights as number[] | undefined);
    const options = {
      ...reductionOf(attrs),
      ...(attrs.label_smoothing !== undefined && { labelSmoothing: number(attrs, 'label_smoothing') }),
      ...(attrs.ignore_index !== undefined && { ignoreIndex: number(attrs, 'ignore_index') }),
      ...(classWeights && { classWeights }),
    };
    return losses.softmaxCrossEntropy(options)(x!, target!);
  },
  nll_loss: plain(losses.negativeLogLikelihood),
  multi_margin_loss: ({ x, target }, attrs) => {
    const options = { margin: number(attrs, 'margin'), squared: attrs.p === 2, ...reductionOf(attrs) };
    return ops.div(losses.multiclassSvm(options)(x!, target!), x!.shape[1]!);
  },
  mse_loss: plain(losses.meanSquaredError),
  l1_loss: plain(losses.meanAbsoluteError),
  smooth_l1_loss: ({ x, target }, attrs) => losses.smoothL1({ beta: number(attrs, 'beta'), ...reductionOf(attrs) })(x!, target!),
  huber: ({ x, target }, attrs) => losses.huber({ delta: number(attrs, 'delta'), ...reductionOf(attrs) })(x!, target!),
  bce_with_logits: plain(losses.binaryCrossEntropyWithLogits),
  bce: plain(losses.binaryCrossEntropy),
  kl_div: plain(losses.klDivergence),
  binary_hinge: plain(losses.binaryHinge),
  focal: ({ x, target }, attrs) =>
    losses.focal({ alpha: number(attrs, 'alpha'), gamma: number(attrs, 'gamma'), ...reductionOf(attrs) })(x!, target!),
  dice: ({ x, target }, attrs) => losses.dice({ smooth: number(attrs, 'smooth'), ...reductionOf(attrs) })(x!, target!),
  cosine_embedding: ({ a, b, target }, attrs) =>
    losses.cosineEmbedding({ margin: number(attrs, 'margin'), ...reductionOf(attrs) })(a!, b!, target!),
  triplet: ({ a, p, n }, attrs) => losses.triplet({ margin: number(attrs, 'margin'), ...reductionOf(attrs) })(a!, p!, n!),
};

describe('losses agree with PyTorch', () => {
  const cases = [...golden('losses'), ...golden('more-losses')];
  it('in all cases', () => expect(cases.length).toBe(41 + 54));

  it.each(cases.map(each => [each.name, each] as const))('%s', async (_, { op, attrs, inputs: given, outputs, grads }) => {
    const inputs = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, toTensor(backend, value)]));
    const wanted = Object.keys(grads);
    const result = grad(
      () => {
        const y = make[op]!(inputs, attrs);
        return { loss: ops.sum(y), y };
      },
      wanted.map(name => inputs[name]!),
    );
    expect(result.aux.y.shape).toEqual(outputs.loss!.shape);
    expectClose(await result.aux.y.data(), outputs.loss!.data);
    for (const [i, name] of wanted.entries()) expectClose(await result.grads[i]!.data(), grads[name]!.data);
    for (const t of [result.loss, result.aux.y, ...result.grads, ...Object.values(inputs)]) t.dispose();
  });
});

/** A loss's numbers in float64, and their sum's gradient for the prediction. */
function numbersOf(loss: losses.Loss, x: Tensor, target: Tensor): { y: number[]; dx: number[] } {
  const result = grad(() => {
    const y = loss(x, target);
    return { loss: ops.sum(y), y };
  }, [x]);
  const numbers = { y: [...result.aux.y.dataSync()], dx: [...result.grads[0]!.dataSync()] };
  for (const t of [result.loss, result.aux.y, ...result.grads, x, target]) t.dispose();
  return numbers;
}

const float = (numbers: readonly number[], shape: readonly number[] = [numbers.length]): Tensor =>
  tensor(backend, [...numbers], { shape, dtype: 'float64' });
const labels = (...numbers: number[]): Tensor => tensor(backend, numbers, { dtype: 'int32' });

describe("the lectures' worked example", () => {
  // CS231n, lecture 3: rows are the images of a cat, a car and a frog, columns the scores of cat, car and frog.
  const scores = [3.2, 5.1, -1.7, 1.3, 4.9, 2.0, 2.2, 2.5, -3.1];
  const svm = (options: losses.MulticlassSvmOptions, factor = 1): number[] => {
    const x = float(
      scores.map(score => factor * score),
      [3, 3],
    );
    return numbersOf(losses.multiclassSvm(options), x, labels(0, 1, 2)).y;
  };

  it('has hinge losses 2.9, 0 and 12.9, mean 5.27', () => {
    expectClose(svm({ reduction: 'none' }), [2.9, 0, 12.9], 1e-12);
    expect(svm({})[0]).toBeCloseTo(5.27, 2);
    expectClose(svm({}), [15.8 / 3], 1e-12);
  });

  it('has squared hinge losses', () => {
    // 2.9² + 0², 0, 6.3² + 6.6².
    expectClose(svm({ squared: true, reduction: 'none' }), [8.41, 0, 83.25], 1e-12);
  });

  it('has hinge + 1 when summed over all classes', () => {
    // The class itself adds max(0, s - s + 1) = 1.
    const overAll = [0, 1, 2].map(i => {
      const row = scores.slice(3 * i, 3 * i + 3);
      return row.reduce((total, score) => total + Math.max(0, score - row[i]! + 1), 0);
    });
    expectClose(
      svm({ reduction: 'none' }).map(loss => loss + 1),
      overAll,
      1e-12,
    );
  });

  it('finds 2W as good as W where the loss is 0, and nowhere else', () => {
    const doubled = svm({ reduction: 'none' }, 2);
    expect(doubled[1]).toBe(0);
    // max(0, 10.2 - 6.4 + 1); max(0, 4.4 + 6.2 + 1) + max(0, 5 + 6.2 + 1).
    expectClose(doubled, [4.8, 0, 23.8], 1e-12);
  });

  it.each([3, 10])('starts at C - 1 and log C with small weights, C = %d', classes => {
    const small = () =>
      float(
        Array.from({ length: 2 * classes }, (_, i) => 1e-9 * Math.sin(i)),
        [2, classes],
      );
    expect(numbersOf(losses.multiclassSvm(), small(), labels(0, 1)).y[0]).toBeCloseTo(classes - 1, 6);
    expect(numbersOf(losses.softmaxCrossEntropy(), small(), labels(0, 1)).y[0]).toBeCloseTo(Math.log(classes), 6);
  });

  it('has softmax 0.705, 0.035, 0.259 of 1, -2, 0', () => {
    for (const [label, probability] of [0.705, 0.035, 0.259].entries()) {
      const { y } = numbersOf(losses.softmaxCrossEntropy(), float([1, -2, 0], [1, 3]), labels(label));
      expect(Math.abs(Math.exp(-y[0]!) - probability)).toBeLessThan(6e-4);
    }
  });
});

describe('at the limits', () => {
  const none = { reduction: 'none' } as const;

  it('binary cross-entropy keeps its logarithms from -100 down, and has no NaN in its gradient', () => {
    const { y, dx } = numbersOf(losses.binaryCrossEntropy(none), float([0, 0, 1, 1, 1e-60]), float([1, 0, 1, 0, 1]));
    // torch.nn.functional.binary_cross_entropy gives the same losses; the last is past the limit, too.
    expect(y.map(value => value + 0)).toEqual([100, 0, 0, 100, 100]);
    // 1 / (1 - p) and -1 / p of the side that is finite and counts.
    expect(dx.map(value => value + 0)).toEqual([0, 1, -1, 0, 0]);
  });

  it('binary cross-entropy of what is no probability is NaN', () => {
    expect(numbersOf(losses.binaryCrossEntropy(none), float([-0.5, 1.5]), float([1, 0])).y).toEqual([Number.NaN, Number.NaN]);
  });

  it.each([
    ['binaryCrossEntropyWithLogits', losses.binaryCrossEntropyWithLogits(none), 1],
    ['focal', losses.focal({ alpha: 1, gamma: 2, ...none }), 1],
  ])('%s takes logits of any size', (_, loss, slope) => {
    const { y, dx } = numbersOf(loss, float([1000, -1000]), float([1, 1]));
    expect(y).toEqual([0, 1000]);
    expect(dx.map(value => value + 0)).toEqual([0, -slope]);
  });

  it('binary cross-entropy of logits keeps the digits of a small loss', () => {
    // log(1 + e^-40) is e^-40 to 18 digits; softplus(40) - 40 would be 0.
    const { y } = numbersOf(losses.binaryCrossEntropyWithLogits(none), float([40, -40]), float([1, 0]));
    for (const value of y) expect(value / Math.exp(-40)).toBeCloseTo(1, 12);
  });

  it('the divergence is 0 where the target is', () => {
    expect(numbersOf(losses.klDivergence(none), float([Number.NEGATIVE_INFINITY, -1]), float([0, 1])).y).toEqual([0, 1]);
  });

  it('a label out of range is NaN in every loss of labels, also where another is ignored', () => {
    const x = () => float([1, 2, 3, 4, 5, 6], [2, 3]);
    const all: losses.Loss[] = [
      losses.multiclassSvm(none),
      losses.negativeLogLikelihood(none),
      losses.softmaxCrossEntropy(none),
      losses.softmaxCrossEntropy({ ignoreIndex: -100, ...none }),
      losses.softmaxCrossEntropy({ classWeights: [1, 1, 1], ...none }),
    ];
    for (const loss of all) {
      for (const wrong of [3, -1]) {
        const { y } = numbersOf(loss, x(), labels(0, wrong));
        expect(y.map(Number.isNaN)).toEqual([false, true]);
      }
    }
  });

  it('the mean over ignored labels alone is NaN, their sum 0', () => {
    const x = () => float([1, 2], [1, 2]);
    expect(numbersOf(losses.softmaxCrossEntropy({ ignoreIndex: 0 }), x(), labels(0)).y).toEqual([Number.NaN]);
    expect(numbersOf(losses.softmaxCrossEntropy({ ignoreIndex: 0, reduction: 'sum' }), x(), labels(0)).y).toEqual([0]);
  });
});

describe('losses refuse', () => {
  const refuses = (run: () => unknown, kind: new (...args: never[]) => Error, message: string | RegExp): void => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  };

  it.each([
    ['meanSquaredError', losses.meanSquaredError()],
    ['meanAbsoluteError', losses.meanAbsoluteError()],
    ['smoothL1', losses.smoothL1()],
    ['huber', losses.huber()],
    ['binaryCrossEntropy', losses.binaryCrossEntropy()],
    ['binaryCrossEntropyWithLogits', losses.binaryCrossEntropyWithLogits()],
    ['binaryHinge', losses.binaryHinge()],
    ['klDivergence', losses.klDivergence()],
    ['focal', losses.focal()],
    ['dice', losses.dice()],
    ['softmaxCrossEntropy', losses.softmaxCrossEntropy({ classWeights: [1] })],
  ])('shapes that would broadcast: %s', (name, loss) => {
    const x = float([1, 2], [2, 1]);
    const y = float([1, 2]);
    refuses(() => loss(x, y), ShapeError, `${name}: predictions [2, 1] for targets [2]`);
    for (const t of [x, y]) t.dispose();
  });

  it.each([
    ['multiclassSvm', losses.multiclassSvm()],
    ['negativeLogLikelihood', losses.negativeLogLikelihood()],
  ])('labels that do not fit: %s', (name, loss) => {
    const x = float([1, 2, 3, 4], [2, 2]);
    const vector = float([1, 2]);
    const one = labels(0);
    refuses(() => loss(x, one), ShapeError, `${name}: labels [1]`);
    refuses(() => loss(x, vector), DTypeError, `${name}: the labels are float64, not int32; use cast`);
    refuses(() => loss(vector, one), ShapeError, `${name}: the scores are [2]; they must be [n, classes, ...]`);
    for (const t of [x, vector, one]) t.dispose();
  });

  it('shapes that a loss has no meaning for', () => {
    const pixels = float([1, 2], [1, 2, 1]);
    const pixelLabels = tensor(backend, [[0]], { dtype: 'int32' });
    const [flat, vector, sign] = [float([1, 2], [1, 2]), float([1, 2]), labels(1)];
    refuses(
      () => losses.multiclassSvm()(pixels, pixelLabels),
      ShapeError,
      'multiclassSvm: the scores are [1, 2, 1]; they must be [n, classes]',
    );
    refuses(() => losses.dice()(flat, flat), ShapeError, 'dice: the predictions are [1, 2]; they must be [n, c, ...spatial]');
    refuses(
      () => losses.cosineEmbedding()(flat, vector, sign),
      ShapeError,
      'cosineEmbedding: the inputs are [1, 2], [2], [1]; they must be [n, features] twice and [n]',
    );
    refuses(() => losses.cosineEmbedding()(flat, flat, flat), ShapeError, 'cosineEmbedding');
    refuses(() => losses.triplet()(flat, flat, vector), ShapeError, 'triplet: the inputs are [1, 2], [1, 2], [2]; they must be');
    for (const t of [pixels, pixelLabels, flat, vector, sign]) t.dispose();
  });

  it('class weights that are not one a class, and probabilities with an ignored label', () => {
    const x = float([1, 2], [1, 2]);
    const label = labels(0);
    refuses(
      () => losses.softmaxCrossEntropy({ classWeights: [1, 2, 3] })(x, label),
      OptionError,
      "option 'classWeights' is [1,2,3]; allowed: one number for each of 2 classes",
    );
    refuses(() => losses.softmaxCrossEntropy({ ignoreIndex: 0 })(x, x), UsageError, 'ignoreIndex goes with int32 labels');
    for (const t of [x, label]) t.dispose();
  });

  it.each([
    ['softmaxCrossEntropy', () => losses.softmaxCrossEntropy({ smoothing: 0.1 } as object), "'smoothing' is 0.1"],
    [
      'softmaxCrossEntropy',
      () => losses.softmaxCrossEntropy({ labelSmoothing: 1 }),
      "'labelSmoothing' is 1; allowed: a number in [0, 1)",
    ],
    ['softmaxCrossEntropy', () => losses.softmaxCrossEntropy({ reduction: 'max' as 'mean' }), "'reduction' is 'max'"],
    ['softmaxCrossEntropy', () => losses.softmaxCrossEntropy({ classWeights: [1, -1] }), "'classWeights' is [1,-1]"],
    ['softmaxCrossEntropy', () => losses.softmaxCrossEntropy({ ignoreIndex: 0.5 }), "'ignoreIndex' is 0.5"],
    ['meanSquaredError', () => losses.meanSquaredError({ reduction: 'max' as 'mean' }), "'reduction' is 'max'"],
    ['multiclassSvm', () => losses.multiclassSvm({ margin: -1 }), "'margin' is -1; allowed: a number >= 0"],
    ['negativeLogLikelihood', () => losses.negativeLogLikelihood({ reduction: 'max' as 'mean' }), "'reduction' is 'max'"],
    ['smoothL1', () => losses.smoothL1({ beta: 0 }), "'beta' is 0; allowed: a number > 0"],
    ['huber', () => losses.huber({ delta: 0 }), "'delta' is 0; allowed: a number > 0"],
    ['focal', () => losses.focal({ alpha: 1.5 }), "'alpha' is 1.5; allowed: a number in [0, 1]"],
    ['focal', () => losses.focal({ gamma: -1 }), "'gamma' is -1"],
    ['dice', () => losses.dice({ smooth: 0 }), "'smooth' is 0; allowed: a number > 0"],
    ['cosineEmbedding', () => losses.cosineEmbedding({ margin: 2 }), "'margin' is 2; allowed: a number in [-1, 1]"],
    ['triplet', () => losses.triplet({ margin: -1 }), "'margin' is -1"],
  ])('impossible options, when they are given: %s %#', (name, run, message) => {
    refuses(run, OptionError, `${name}: option ${message}`);
  });
});
