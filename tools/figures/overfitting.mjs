/** docs/figures/overfitting.svg: accuracy on 300 training digits and on 1,000 new ones, without and with three kinds of regularisation. */
import { cpu } from '@cnn/backend-cpu';
import { digits, loader, randomAffine, toFloat } from '@cnn/data';
import { dropout, flatten, initialise, linear, losses, relu, sequential } from '@cnn/layers';
import { sgd } from '@cnn/optim';
import { fit } from '@cnn/train';
import * as Plot from '@observablehq/plot';
import { COLOURS, plot, writeFigure } from '../figure.mjs';

const EPOCHS = 40;
const { train } = digits({ count: 300 });
const { test } = digits({ count: 5000 });
const backend = await cpu();

const curves = async ({ layers = [], transforms = [], regularisation = [] }) => {
  const model = sequential([flatten(), linear({ units: 128 }), relu(), ...layers, linear({ units: 10 })]);
  const net = initialise(model, { backend, input: [1, 28, 28], seed: 1 });
  const { history } = await fit({
    net,
    loss: losses.softmaxCrossEntropy(),
    optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }),
    data: loader(train, { batchSize: 50, shuffle: true, transforms: [toFloat(), ...transforms] }),
    validation: loader(test, { batchSize: 500 }),
    epochs: EPOCHS,
    regularisation,
  });
  net.dispose();
  return history;
};
const cases = {
  nothing: {},
  'L2, 0.003': { regularisation: [{ match: 'weight', l2: 0.003 }] },
  'dropout, a half': { layers: [dropout({ rate: 0.5 })] },
  augmentation: { transforms: [randomAffine({ degrees: 10, translateX: 0.06, translateY: 0.06, scale: [0.9, 1.1] })] },
};
const panels = [];
for (const [name, options] of Object.entries(cases)) {
  const history = await curves(options);
  const { trainAccuracy, testAccuracy } = history.at(-1);
  console.log(`${name}: ${trainAccuracy.toFixed(3)} on the training digits, ${testAccuracy.toFixed(3)} on new ones`);
  panels.push(
    plot(`${name}: ${(100 * testAccuracy).toFixed(1)} %`, {
      width: 166,
      height: 170,
      marginLeft: 30,
      x: { label: 'epoch', ticks: 4 },
      y: { label: null, domain: [0.3, 1], ticks: 4 },
      marks: ['trainAccuracy', 'testAccuracy'].map((key, i) =>
        Plot.line(history, { x: 'epoch', y: key, stroke: COLOURS[i], strokeWidth: 1.8, clip: true }),
      ),
    }),
  );
}
writeFigure('overfitting', 'Overfitting, and what helps', panels, [
  ['accuracy on the training digits, as they are trained on', COLOURS[0]],
  ['on new digits', COLOURS[1]],
]);
