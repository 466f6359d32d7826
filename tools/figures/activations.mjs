/** docs/figures/activations.svg: activation functions, and their slopes by `grad`. */
import { cpuReference } from '@cnn/backend-cpu';
import { grad, ops, tensor, tidy } from '@cnn/tensor';
import * as Plot from '@observablehq/plot';
import { COLOURS, plot, SOFT, writeFigure } from '../figure.mjs';

const functions = {
  sigmoid: ops.sigmoid,
  tanh: ops.tanh,
  relu: ops.relu,
  'leaky relu (0.1)': x => ops.leakyRelu(x, 0.1),
  elu: ops.elu,
  gelu: ops.gelu,
};
const xs = Array.from({ length: 161 }, (_, i) => (i - 80) / 16);
const curves = tidy(() => {
  const x = tensor(cpuReference(), xs, { dtype: 'float64' });
  return Object.values(functions).map(fn => ({
    y: [...fn(x).dataSync()],
    slope: [...grad(() => ops.sum(fn(x)), [x]).grads[0].dataSync()],
  }));
});

const panel = (title, key, domain) =>
  plot(title, {
    width: 351,
    height: 240,
    y: { domain, label: null },
    x: { label: 'x' },
    marks: [
      Plot.ruleY([0], { stroke: SOFT }),
      Plot.ruleX([0], { stroke: SOFT }),
      ...curves.map((curve, i) => Plot.line(xs, { x: xs, y: curve[key], stroke: COLOURS[i], strokeWidth: 1.8, clip: true })),
    ],
  });
writeFigure(
  'activations',
  'Activation functions and their slopes',
  [panel('f(x)', 'y', [-1.2, 3]), panel('Its slope: what the gradient is multiplied by', 'slope', [-0.2, 1.2])],
  Object.keys(functions).map((name, i) => [name, COLOURS[i]]),
);
