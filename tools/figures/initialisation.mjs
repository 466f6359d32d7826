/** docs/figures/initialisation.svg: activations of ten layers of 500 units with different first weights, as the lectures show them. */
import { cpu } from '@cnn/backend-cpu';
import { activationStatistics, initialise, linear, relu, sequential, tanh } from '@cnn/layers';
import { randomKey, randomNormal, tensor } from '@cnn/tensor';
import * as Plot from '@observablehq/plot';
import { COLOURS, plot, SOFT, writeFigure } from '../figure.mjs';

const normal = deviation => ({ type: 'normal', deviation });
const cases = {
  'tanh, 0.01': [tanh, normal(0.01)],
  'tanh, 1': [tanh, normal(1)],
  'tanh, Xavier': [tanh, 'xavierNormal'],
  'relu, Xavier': [relu, 'xavierNormal'],
  'relu, He': [relu, 'heNormal'],
};
const backend = await cpu();
const batch = tensor(backend, Float32Array.from(randomNormal(50 * 500, randomKey('batch'))), { shape: [50, 500] });
const found = [];
for (const [activation, weightInitialiser] of Object.values(cases)) {
  const layers = Array.from({ length: 10 }, () => [linear({ units: 500, bias: false, weightInitialiser }), activation()]).flat();
  const net = initialise(sequential(layers), { backend, input: [500], seed: 3 });
  const statistics = await activationStatistics(net, batch, { bins: 30 });
  found.push(statistics.filter((_, i) => i % 2 === 1).map(({ outputs }) => outputs));
  net.dispose();
}

const names = Object.keys(cases);
const bars = ({ histogram, lowest, highest }) => {
  const width = (highest - lowest) / histogram.length;
  const most = Math.max(...histogram);
  return histogram.map((count, i) => ({ from: lowest + i * width, to: lowest + (i + 1) * width, share: count / most }));
};
writeFigure(
  'initialisation',
  'Activations of ten layers with different first weights',
  [
    plot('Standard deviation of the activations of each layer, and how those of layer 10 are spread', {
      width: 720,
      height: 230,
      marginLeft: 60,
      x: { label: 'layer', ticks: 10 },
      y: { type: 'log', label: null, ticks: [1, 0.01, 1e-4, 1e-6], tickFormat: String, domain: [1e-7, 2] },
      marks: found.map((layers, i) =>
        Plot.line(layers, { x: (_, layer) => layer + 1, y: 'deviation', stroke: COLOURS[i], strokeWidth: 1.8, marker: 'dot' }),
      ),
    }),
    ...found.map((layers, i) =>
      plot(names[i], {
        width: 129,
        height: 100,
        marginLeft: 4,
        marginRight: 4,
        marginBottom: 20,
        x: { domain: i < 3 ? [-1, 1] : [0, 2], ticks: 2, label: null },
        y: { axis: null },
        marks: [
          Plot.rect(bars(layers[9]), { x1: 'from', x2: 'to', y1: 0, y2: 'share', fill: COLOURS[i], clip: true }),
          // Some are too narrow to be seen.
          Plot.ruleX(bars(layers[9]), { x: 'from', y1: 0, y2: 'share', stroke: COLOURS[i], clip: true }),
          Plot.ruleY([0], { stroke: SOFT }),
        ],
      }),
    ),
  ],
  names.map((name, i) => [name, COLOURS[i]]),
);
