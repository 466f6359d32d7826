import { digits, loader, normalise, toFloat } from '@cnn/data';
import { initialise, losses } from '@cnn/layers';
import { lenet5 } from '@cnn/models';
import { sgd } from '@cnn/optim';
import type { AnyBackend } from '@cnn/tensor';
import { fit } from '@cnn/train';

/** Trains LeNet-5 on the generated digits for some steps and gives the loss of each; the same on every backend, up to rounding. */
export async function trainLeNet(
  backend: AnyBackend,
  { steps, batch }: { readonly steps: number; readonly batch: number },
): Promise<number[]> {
  const { train } = digits({ count: steps * batch });
  const net = initialise(lenet5(), { backend, input: [1, 28, 28], seed: 1 });
  const found: number[] = [];
  await fit({
    net,
    loss: losses.softmaxCrossEntropy(),
    optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }),
    data: loader(train, {
      batchSize: batch,
      shuffle: true,
      seed: 1,
      transforms: [toFloat(), normalise({ mean: [0.114], deviation: [0.287] })],
    }),
    epochs: 1,
    onEvent: event => {
      if (event.type === 'step') found.push(event.loss);
    },
  });
  net.dispose();
  return found;
}
