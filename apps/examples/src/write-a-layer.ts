/**
 * A layer of your own: squeeze and excitation (Hu et al., 2018), which weighs the channels of an image by what is in them. A layer is the
 * tensors that it needs and a pure function of ops. Its output shape and its gradient follow from the ops.
 *
 *   npm run example -- write-a-layer
 */
import { cpu } from '@cnn/backend-cpu';
import { digits, loader } from '@cnn/data';
import * as nn from '@cnn/layers';
import { adam } from '@cnn/optim';
import { ops, option } from '@cnn/tensor';
import { fit } from '@cnn/train';

/** y = x σ(W₂ relu(W₁ mean(x))): [n, c, h, w] as [n, c, h, w], with c / reduction numbers between. */
const squeezeExcite = nn.defineLayer({
  type: 'acme/squeezeExcite',
  options: { reduction: option.count },
  init: ({ reduction = 4 }: { readonly reduction?: number }, [channels = 1], { param }) => ({
    squeeze: param([Math.ceil(channels / reduction), channels], nn.initialisers.heNormal),
    excite: param([channels, Math.ceil(channels / reduction)], nn.initialisers.xavierNormal),
  }),
  forward(x, { squeeze, excite }) {
    const [n = 0, c = 0] = x.shape;
    const means = ops.mean(x, [2, 3]);
    const weights = ops.sigmoid(ops.linear(ops.relu(ops.linear(means, squeeze)), excite));
    return ops.mul(x, ops.reshape(weights, [n, c, 1, 1]));
  },
});

const model = nn.sequential([
  nn.conv2d({ filters: 8, kernelSize: 5 }),
  nn.relu(),
  squeezeExcite({ reduction: 2 }),
  nn.maxPool2d({ kernelSize: 4 }),
  nn.flatten(),
  nn.linear({ units: 10 }),
]);
// In a model file it stands by its type; whoever reads the file gives the layer along.
const read = nn.modelFromJSON(nn.modelToJSON(model), [...nn.standardLayers, squeezeExcite]);

const { train, test } = digits({ count: 2000 });
const net = nn.initialise(read, { backend: await cpu(), input: train.shape, seed: 1 });
const { history } = await fit({
  net,
  loss: nn.losses.softmaxCrossEntropy(),
  optimizer: adam({ learningRate: 0.005 }),
  data: loader(train, { batchSize: 50, shuffle: true, seed: 1 }),
  validation: loader(test, { batchSize: 250 }),
  epochs: 2,
});
console.log(net.parameters.map(({ name, value }) => `${name} [${value.shape.join(', ')}]`).join(', '));
console.log(`${(100 * history.at(-1)!.testAccuracy!).toFixed(1)} % of the test images are read right`);
