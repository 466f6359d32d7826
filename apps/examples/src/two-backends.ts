/**
 * The same model on two backends: the WebAssembly kernels, and the plain TypeScript that they are held against. A backend is a value,
 * and nothing else in the program knows which one it is; a GPU is `await gpujs()` of `@cnn/backend-gpujs` in the list.
 *
 *   npm run example -- two-backends
 */
import { cpu, cpuReference } from '@cnn/backend-cpu';
import { digits, loader } from '@cnn/data';
import { initialise, losses } from '@cnn/layers';
import { lenet5 } from '@cnn/models';
import { sgd } from '@cnn/optim';
import { fit } from '@cnn/train';

const { train } = digits({ count: 64 });

for (const backend of [await cpu(), cpuReference()]) {
  // The first weights depend on the seed alone, so both nets begin with the same numbers.
  const net = initialise(lenet5(), { backend, input: train.shape, seed: 1 });
  const { history, seconds } = await fit({
    net,
    loss: losses.softmaxCrossEntropy(),
    optimizer: sgd({ learningRate: 0.05 }),
    data: loader(train, { batchSize: 32, shuffle: true, seed: 1 }),
    epochs: 1,
  });
  console.log(`${backend.name}: loss ${history[0]!.trainLoss.toFixed(5)} in ${seconds.toFixed(2)} s`);
  net.dispose();
}
