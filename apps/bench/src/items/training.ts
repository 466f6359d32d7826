import { type Graph, initialise, losses, summary } from '@cnn/layers';
import { convnetjsCifar10, lenet5 } from '@cnn/models';
import { adadelta, type Optimizer, sgd } from '@cnn/optim';
import { capture, grad, type Shape, tensor } from '@cnn/tensor';
import { bytesOf, type Item, noise } from './item.js';

const momentum = sgd({ learningRate: 0.01, momentum: 0.9 });

/** Training steps: forward, loss, gradients, update, and the loss read. */
export const training: readonly Item[] = [
  trainingItem('lenet5-train-b64', { model: lenet5(), input: [1, 28, 28], batch: 64, optimizer: momentum }),
  trainingItem('cifar-train-b4-adadelta', {
    model: convnetjsCifar10(),
    input: [3, 32, 32],
    batch: 4,
    optimizer: adadelta({ learningRate: 1, rho: 0.95, epsilon: 1e-6, weightDecay: 1e-4 }),
  }),
  trainingItem('cifar-train-b64-sgdm', { model: convnetjsCifar10(), input: [3, 32, 32], batch: 64, optimizer: momentum }),
];

interface Training {
  readonly model: Graph;
  readonly input: Shape;
  readonly batch: number;
  readonly optimizer: Optimizer;
}

function trainingItem(name: string, { model, input, batch, optimizer }: Training): Item {
  return {
    name,
    work: { ...workOf(model, input, batch), images: batch },
    prepare(backend) {
      const net = initialise(model, { backend, input });
      const state = optimizer.init(net.trainable);
      const images = noise(backend, 'images', [batch, ...input]);
      const labels = Int32Array.from({ length: batch }, (_, i) => i % 10);
      const targets = tensor(backend, labels, { shape: [batch], dtype: 'int32' });
      const lossOf = losses.softmaxCrossEntropy();
      const gradients = capture(
        (images, targets) => grad(({ update }) => lossOf(net.apply(images, { training: true, update }), targets), net.trainable),
        net.variables,
      );
      return {
        async run() {
          const { loss, grads, updates } = gradients(images, targets);
          state.step(grads);
          net.commit(updates);
          await loss.item();
          return [loss, ...grads];
        },
        dispose() {
          for (const held of [net, state, images, targets]) held.dispose();
        },
      };
    },
  };
}

/**
 * Convolutions and linear layers, forward and the gradients of weights and inputs, of which the first layer needs none for its
 * input. Of the bytes, images and parameters are read and parameters are written; the rest may stay in caches.
 */
function workOf(model: Graph, input: Shape, batch: number): { flops: number; bytes: number } {
  const { layers, parameters } = summary(model, input);
  const products = layers.filter(({ type }) => type === 'conv2d' || type === 'linear').map(({ flops }) => flops);
  const forward = products.reduce((total, flops) => total + flops, 0);
  return { flops: batch * (3 * forward - products[0]!), bytes: bytesOf([batch, ...input], [parameters], [parameters]) };
}
