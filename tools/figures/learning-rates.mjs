/** docs/figures/learning-rates.svg: training losses of a small network at five learning rates. */
import { cpu } from '@cnn/backend-cpu';
import { digits, loader } from '@cnn/data';
import { initialise, losses } from '@cnn/layers';
import { mlp } from '@cnn/models';
import { sgd } from '@cnn/optim';
import { fit } from '@cnn/train';
import * as Plot from '@observablehq/plot';
import { COLOURS, plot, writeFigure } from '../figure.mjs';

const rates = { 0.003: 'too low', 0.03: 'low', 0.3: 'good', 0.8: 'high', 3: 'too high' };
const epochs = 20;
const backend = await cpu();
const { train } = digits({ count: 1000 });
const curves = [];
for (const learningRate of Object.keys(rates)
  .map(Number)
  .sort((a, b) => a - b)) {
  const net = initialise(mlp({ hidden: [32] }), { backend, input: [1, 28, 28], seed: 1 });
  const data = loader(train, { batchSize: 100, shuffle: true });
  const { history } = await fit({ net, loss: losses.softmaxCrossEntropy(), optimizer: sgd({ learningRate }), data, epochs });
  curves.push(history.map(({ epoch, trainLoss }) => ({ epoch, loss: trainLoss, learningRate })));
  net.dispose();
}

writeFigure(
  'learning-rates',
  'Training losses at five learning rates',
  [
    plot('Training loss', {
      width: 720,
      height: 260,
      x: { label: 'epoch', domain: [1, epochs] },
      y: { label: null, domain: [0, 3] },
      marks: curves.map((curve, i) =>
        Plot.line(curve, { x: 'epoch', y: 'loss', stroke: COLOURS[i], strokeWidth: 1.8, clip: true }),
      ),
    }),
  ],
  curves.map(([{ learningRate }], i) => [`${learningRate}: ${rates[learningRate]}`, COLOURS[i]]),
);
