/**
 * A layer of your own: squeeze and excitation (Hu et al., 2018), which weighs the channels of an image by what is in them. A layer is the
 * tensors that it needs and a pure function of ops. Its output shape and its gradient follow from the ops.
 *
 *   npm run example -- write-a-layer
 */
import { cpu } from '@cnn/backend-cpu';
import { digits, loader } from '@cnn/data';
import {
  conv2d,
  defineLayer,
  flatten,
  initialise,
  initialisers,
  linear,
  losses,
  maxPool2d,
  modelFromJSON,
  modelToJSON,
  relu,
  sequential,
  standardLayers,
} from '@cnn/layers';
import { adam } from '@cnn/optim';
import { ops, option } from '@cnn/tensor';
import { fit } from '@cnn/train';

/** y = x σ(W₂ relu(W₁ mean(x))): [n, c, h, w] as [n, c, h, w], with c / reduction numbers between. */
const squeezeExcite = defineLayer({
  type: 'acme/squeezeExcite',
  options: { reduction: option.count },
  init: ({ reduction = 4 }: { readonly reduction?: number }, [channels = 1], { param }) => ({
    squeeze: param([Math.ceil(channels / reduction), channels], initialisers.heNormal),
    excite: param([channels, Math.ceil(channels / reduction)], initialisers.xavierNormal),
  }),
  forward(x, { squeeze, excite }) {
    const [n = 0, c = 0] = x.shape;
    const means = ops.mean(x, [2, 3]);
    const weights = ops.sigmoid(ops.linear(ops.relu(ops.linear(means, squeeze)), excite));
    return ops.mul(x, ops.reshape(weights, [n, c, 1, 1]));
  },
});

const model = sequential([
  conv2d({ filters: 8, kernelSize: 5 }),
  relu(),
  squeezeExcite({ reduction: 2 }),
  maxPool2d({ kernelSize: 4 }),
  flatten(),
  linear({ units: 10 }),
]);
// In a model file it stands by its type; whoever reads the file gives the layer along.
const read = modelFromJSON(modelToJSON(model), [...standardLayers, squeezeExcite]);

const { train, test } = digits({ count: 2000 });
const net = initialise(read, { backend: await cpu(), input: train.shape, seed: 1 });
const { history } = await fit({
  net,
  loss: losses.softmaxCrossEntropy(),
  optimizer: adam({ learningRate: 0.005 }),
  data: loader(train, { batchSize: 50, shuffle: true, seed: 1 }),
  validation: loader(test, { batchSize: 250 }),
  epochs: 1,
});
console.log(net.parameters.map(({ name, value }) => `${name} [${value.shape.join(', ')}]`).join(', '));
console.log(`${(100 * history[0]!.testAccuracy!).toFixed(1)} % of the test images are read right`);
