/** Trains a small network on `digits` and tells the page how it goes. */
import { cpu } from '@cnn/backend-cpu';
import { digits, loader } from '@cnn/data';
import { initialise, losses } from '@cnn/layers';
import { mlp } from '@cnn/models';
import { adam } from '@cnn/optim';
import { fit } from '@cnn/train';

/** What the worker says: how an epoch went, and at the end which share of the test images it reads. */
export type Message =
  | { readonly type: 'epoch'; readonly epoch: number; readonly loss: number }
  | { readonly type: 'done'; readonly accuracy: number };

const say = (message: Message): void => postMessage(message);

globalThis.onmessage = async ({ data: { epochs } }: MessageEvent<{ readonly epochs: number }>) => {
  const { train, test } = digits({ count: 2000 });
  const backend = await cpu();
  const net = initialise(mlp(), { backend, input: train.shape, seed: 1 });
  const { history } = await fit({
    net,
    loss: losses.softmaxCrossEntropy(),
    optimizer: adam({ learningRate: 0.003 }),
    data: loader(train, { batchSize: 50, shuffle: true, seed: 1 }),
    validation: loader(test, { batchSize: 250 }),
    epochs,
    onEvent: event => event.type === 'epochEnd' && say({ type: 'epoch', epoch: event.epoch, loss: event.trainLoss }),
  });
  say({ type: 'done', accuracy: history.at(-1)!.testAccuracy! });
  await backend.dispose();
};
