/** Using a trained net. */
import type { Batch, Loader } from '@cnn/data';
import type { Loss, Net } from '@cnn/layers';
import { checkOptions, option, type Tensor, tensor, tidy } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { type Classification, ClassificationMeter } from './metrics.js';
import { loaderOption, netOption, signalOption } from './option-rules.js';
import { pauses } from './pause.js';

/** A batch's images on the net's backend. */
export const imagesOf = (net: Net, { images, size, shape }: Pick<Batch, 'images' | 'size' | 'shape'>): Tensor =>
  tensor(net.backend, images, { shape: [size, ...shape], dtype: net.dtype });

/** A batch's targets: probabilities where a transform made them, otherwise labels. */
export const targetsOf = (net: Net, { targets, labels, size }: Pick<Batch, 'targets' | 'labels' | 'size'>): Tensor =>
  targets
    ? tensor(net.backend, targets, { shape: [size, targets.length / size], dtype: net.dtype })
    : tensor(net.backend, labels, { dtype: 'int32' });

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  readonly net: Net;
  readonly loss: Loss;
  readonly data: Loader;
  /** Count for these k, too, whether the class is among the k highest scores. */
  readonly topK?: readonly number[];
  /** Told after each batch. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Shown each batch with its logits [n, classes]. */
  readonly onBatch?: (batch: Batch, logits: ArrayLike<number>) => void;
  /** Ends the evaluation with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Loss, accuracy, top-k accuracy and confusion matrix of a classifier over a dataset.
 *
 * @throws {OptionError} for an unknown or impossible option. @throws {ShapeError} for images that the model does not take, or
 * where it does not give a score a class.
 */
export async function evaluate(options: EvaluateOptions): Promise<Classification> {
  checkOptions(
    'evaluate',
    options,
    {
      net: netOption,
      loss: option.function,
      data: loaderOption,
      topK: option.list(option.count),
      onProgress: option.function,
      onBatch: option.function,
      signal: signalOption,
    },
    ['net', 'loss', 'data'],
  );
  const { net, loss, data, topK = [], onProgress, onBatch, signal } = options;
  const pause = pauses();
  const meter = new ClassificationMeter(data.dataset.classes.length, topK);
  let done = 0;
  for await (const batch of data.epoch(0)) {
    signal?.throwIfAborted();
    const result = tidy(() => {
      const logits = net.apply(imagesOf(net, batch));
      return { logits, loss: loss(logits, targetsOf(net, batch)) };
    });
    const [logits, value] = await Promise.all([result.logits.data(), result.loss.item()]).finally(() => {
      result.logits.dispose();
      result.loss.dispose();
    });
    meter.add(logits, batch.labels, value);
    onBatch?.(batch, logits);
    onProgress?.(++done, data.batches);
    await pause();
  }
  return meter.result();
}

/**
 * Class probabilities of some images.
 *
 * @param images - [n, c, h, w], prepared as for training.
 * @returns one list of probabilities an image, in the order of the classes.
 */
export async function predict(net: Net, images: Tensor): Promise<number[][]> {
  const probabilities = tidy(() => ops.softmax(net.apply(images), -1));
  try {
    const numbers = await probabilities.data();
    const classes = probabilities.shape.at(-1)!;
    return Array.from({ length: images.shape[0]! }, (_, i) => Array.from(numbers.subarray(i * classes, (i + 1) * classes)));
  } finally {
    probabilities.dispose();
  }
}
