/**
 * docs/figures/architectures.svg: accuracy on ImageNet against multiply-adds, both axes as in Canziani et al., 2016. Costs and parameters are counted
 * here; accuracies (top 1, one crop of the middle) are those that torchvision publishes for its weights `IMAGENET1K_V1`, and of MobileNet v1 its paper's.
 */
import { summary } from '@cnn/layers';
import { standardModels } from '@cnn/models';
import * as Plot from '@observablehq/plot';
import { COLOURS, plot, writeFigure } from '../figure.mjs';

const accuracies = {
  alexnet: 56.5,
  vgg11: 69.0,
  vgg16: 71.6,
  'vgg16-bn': 73.4,
  vgg19: 72.4,
  googlenet: 69.8,
  'inception-v3': 77.3,
  resnet18: 69.8,
  resnet34: 73.3,
  resnet50: 76.1,
  resnet101: 77.4,
  resnet152: 78.3,
  squeezenet: 58.1,
  'mobilenet-v1': 70.6,
  'mobilenet-v2': 71.9,
  densenet121: 74.4,
};
const families = ['alexnet', 'vgg', 'inception', 'resnet', 'small', 'densenet'];
const familyOf = name =>
  families.findIndex(family =>
    family === 'small'
      ? /mobilenet|squeezenet/.test(name)
      : family === 'inception'
        ? /inception|googlenet/.test(name)
        : name.startsWith(family),
  );
const points = Object.entries(accuracies).map(([name, accuracy]) => {
  const { build, input } = standardModels[name];
  const { layers, parameters } = summary(build(), input);
  const flops = layers.filter(({ type }) => /^(conv2d|linear|depthwise)/.test(type)).reduce((sum, layer) => sum + layer.flops, 0);
  console.log(
    `${name}: ${(flops / 2e9).toFixed(2)} G multiply-adds, ${(parameters / 1e6).toFixed(1)} M parameters, ${accuracy} %`,
  );
  return { name, accuracy, multiplyAdds: flops / 2e9, parameters };
});
const below = new Set(['resnet18', 'vgg16', 'resnet34', 'vgg11', 'inception-v3', 'alexnet']);
const label = (data, dy) =>
  Plot.text(data, { x: 'multiplyAdds', y: 'accuracy', text: 'name', dy, fill: 'currentColor', fontSize: 10 });

writeFigure('architectures', 'Accuracy on ImageNet against multiply-adds', [
  plot('Top-1 accuracy on ImageNet in %; the area of a dot is its number of parameters', {
    width: 720,
    height: 400,
    marginLeft: 34,
    marginRight: 40,
    x: { type: 'log', label: 'G multiply-adds', domain: [0.25, 25], ticks: [0.3, 1, 3, 10, 20], tickFormat: String },
    y: { label: null, domain: [54, 81], grid: true },
    r: { range: [0, 26] },
    marks: [
      Plot.dot(points, {
        x: 'multiplyAdds',
        y: 'accuracy',
        r: 'parameters',
        fill: ({ name }) => COLOURS[familyOf(name)],
        fillOpacity: 0.45,
        stroke: ({ name }) => COLOURS[familyOf(name)],
      }),
      label(
        points.filter(({ name }) => !below.has(name)),
        -12,
      ),
      label(
        points.filter(({ name }) => below.has(name)),
        18,
      ),
    ],
  }),
]);
