import { planModel, summary } from '@cnn/layers';
import { sizeOf } from '@cnn/tensor';
import { expect, test } from 'vitest';
import { alexnet, convnetjsCifar10, lenet5, mlp, resnet18, standardModels } from '../src/index.js';

function parametersOf(name: string): number {
  const { build, input } = standardModels[name]!;
  const slots = planModel(build({}), [input]).layers.flatMap(layer => Object.values(layer.slots));
  return slots.reduce((total, slot) => total + (slot?.kind === 'parameter' ? sizeOf(slot.shape) : 0), 0);
}

test('parameter counts are the sums of (inputs + 1) x outputs that one gets by hand', () => {
  // 6 (25 + 1) + 16 (6 x 25 + 1) + 120 (400 + 1) + 84 (120 + 1) + 10 (84 + 1)
  expect(parametersOf('lenet5')).toBe(61706);
  // 16 (75 + 1) + 20 (400 + 1) + 20 (500 + 1) + 10 (320 + 1)
  expect(parametersOf('convnetjs-cifar10')).toBe(22466);
  // 128 (784 + 1) + 10 (128 + 1)
  expect(parametersOf('mlp')).toBe(101770);
});

test.each([
  // Parameters and billions of multiply-adds as torchvision's documentation has them.
  ['resnet18', 11689512, 1.814],
  ['alexnet', 61100840, 0.714],
])('%s has the published parameters and multiply-adds', (name, parameters, billions) => {
  const { build, input } = standardModels[name]!;
  expect(parametersOf(name)).toBe(parameters);
  const products = summary(build({}), input).layers.filter(({ type }) => type === 'conv2d' || type === 'linear');
  // Biases are additions without a multiplication.
  const biases = products.reduce((total, { path, outputShape }) => total + (hasBias(name, path) ? sizeOf(outputShape) : 0), 0);
  const multiplyAdds = (products.reduce((total, { flops }) => total + flops, 0) - biases) / 2;
  expect(Math.round(multiplyAdds / 1e6) / 1e3).toBe(billions);
});

const hasBias = (name: string, path: string): boolean => name === 'alexnet' || path === 'fc';

test('each model gives one score a class', () => {
  for (const model of [lenet5({ classes: 7 }), mlp({ classes: 7, hidden: [20, 30] })]) {
    const plan = planModel(model, [[1, 28, 28]]);
    expect(plan.layers.at(-1)!.outputShape).toEqual([7]);
  }
  expect(planModel(convnetjsCifar10({ classes: 7 }), [[3, 32, 32]]).layers.at(-1)!.outputShape).toEqual([7]);
});

test.each([lenet5, mlp, convnetjsCifar10, resnet18, alexnet])('%o refuses options that it does not have', model => {
  expect(() => model({ class: 7 } as never)).toThrow(/option 'class' is 7; allowed: no option of this name; known: classes/);
  expect(() => model(7 as never)).toThrow(/the options are 7; they must be an object/);
  expect(() => model({ classes: 0 })).toThrow(/option 'classes' is 0; allowed: a whole number >= 1/);
});
