/**
 * An optimizer of your own: sign descent with momentum, which moves every number by the same step. An optimizer is the names of what it
 * keeps for a parameter, and the step of one parameter; options, JSON, groups and checkpoints come with it.
 *
 *   npm run example -- write-an-optimizer
 */
import { cpu } from '@cnn/backend-cpu';
import { digits, loader } from '@cnn/data';
import { initialise, losses } from '@cnn/layers';
import { mlp } from '@cnn/models';
import { defineOptimizer } from '@cnn/optim';
import { ops, option } from '@cnn/tensor';
import { fit } from '@cnn/train';

/** v ← μ v + (1 - μ) g; p ← p - η sign(v). Default learning rate 0.001, momentum 0.9. */
const signDescent = defineOptimizer<{ readonly momentum: number }>({
  type: 'acme/signDescent',
  options: { momentum: option.between(0, 1) },
  defaults: { learningRate: 0.001, momentum: 0.9 },
  slots: () => ['velocity'],
  step(parameter, [velocity], gradient, { learningRate, momentum }) {
    const next = ops.add(ops.mul(velocity!.value, momentum), ops.mul(gradient, 1 - momentum));
    velocity!.assign(next);
    parameter.assign(ops.sub(parameter.value, ops.mul(ops.sign(next), learningRate)));
  },
});

const { train, test } = digits({ count: 2000 });
const net = initialise(mlp(), { backend: await cpu(), input: train.shape, seed: 1 });
const optimizer = signDescent();
console.log(JSON.stringify(optimizer));
await fit({
  net,
  loss: losses.softmaxCrossEntropy(),
  optimizer,
  data: loader(train, { batchSize: 50, shuffle: true, seed: 1 }),
  validation: loader(test, { batchSize: 250 }),
  epochs: 3,
  onEvent: event =>
    event.type === 'epochEnd' && console.log(`epoch ${event.epoch}: ${(100 * event.testAccuracy!).toFixed(1)} % are read right`),
});
