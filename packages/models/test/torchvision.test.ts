/** The models that torchvision has, against it: `fixtures/from-torchvision.py` made the names, shapes and numbers. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { cpu } from '@cnn/backend-cpu';
import { type Graph, initialise, loadWeights, planModel, type SafetensorsTensor } from '@cnn/layers';
import { type Shape, sizeOf, tensor } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import { standardModels } from '../src/index.js';
import { sizesOf } from './sizes.js';
import { slimmed } from './slimmed.js';

const read = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url));
const variablesOf: Record<string, Record<string, Shape>> = JSON.parse(
  gunzipSync(read('torchvision-variables.json.gz')).toString(),
);
const published: Record<string, { parameters: number; multiplyAdds: number | null }> = JSON.parse(
  read('torchvision-sizes.json').toString(),
);
const cases: Record<string, { input: number[]; outputs: number[][][] }> = JSON.parse(read('torchvision.json').toString());

const build = (name: string): Graph => standardModels[name]!.build({});
const rename = (name: string): string => name.replace('running_mean', 'runningMean').replace('running_var', 'runningVar');

describe.each(Object.keys(published))('%s', name => {
  it("has torchvision's variables", () => {
    const { layers } = planModel(build(name), [standardModels[name]!.input]);
    const found = layers.flatMap(({ path, slots }) =>
      Object.entries(slots).flatMap(([key, slot]) => (slot ? [[`${path}.${key}`, slot.shape] as const] : [])),
    );
    const expected = Object.entries(variablesOf[name]!).map(([key, shape]) => [rename(key), shape]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });

  it('has the published parameters and multiply-adds', () => {
    const { parameters, multiplyAdds } = sizesOf(build(name), standardModels[name]!.input);
    expect(parameters).toBe(published[name]!.parameters);
    if (published[name]!.multiplyAdds !== null) expect(multiplyAdds).toBe(published[name]!.multiplyAdds);
  });
});

it.each(Object.keys(cases))('%s computes what PyTorch computes', async name => {
  const { input, outputs } = cases[name]!;
  const backend = await cpu();
  const net = initialise(slimmed(standardModels[name]!.build({ classes: 5 })), { backend, input: input.slice(1) });
  const variables = Object.keys(variablesOf[name]!);
  const tensors = variables.map((variable, stream): [string, SafetensorsTensor] => {
    const { shape } = net.variable(rename(variable)).value;
    // Of one axis: biases, and what belongs to batch normalisation, whose weight and variance are around 1.
    const owner = variable.slice(0, variable.lastIndexOf('.'));
    const around = `${owner}.running_mean` in variablesOf[name]! && /(weight|running_var)$/.test(variable) ? 1 : 0;
    const data =
      shape.length > 1
        ? noise(sizeOf(shape), stream).map(value => value * Math.fround(Math.sqrt(24 / sizeOf(shape.slice(1)))))
        : noise(sizeOf(shape), stream).map(value => value + around);
    return [variable, { dtype: 'float32', shape, data }];
  });
  loadWeights(net, { source: 'torchvision', tensors: new Map(tensors), metadata: {} }, { rename });
  const images = tensor(backend, noise(sizeOf(input), 1000), { shape: input });
  const found = [net.apply(images)].flat();
  expect(found.length).toBe(outputs.length);
  for (const [i, expected] of outputs.entries()) {
    const scores = await found[i]!.data();
    const largest = Math.max(...expected.flat().map(Math.abs));
    expect(scores.length).toBe(expected.flat().length);
    expected.flat().forEach((score, j) => {
      expect(Math.abs(scores[j]! - score)).toBeLessThan(1e-4 * largest);
    });
  }
  for (const held of [images, ...found, net]) held.dispose();
  expect(backend.live()).toBe(0);
  backend.dispose();
});

/** Numbers in [-0.5, 0.5), the same as in Python. */
function noise(length: number, stream: number): Float32Array {
  const values = new Float32Array(length);
  for (let index = 0; index < length; index++) {
    let i = (index + stream * 97) >>> 0;
    i = Math.imul(i ^ (i >>> 16), 0x7feb352d);
    i = Math.imul(i ^ (i >>> 15), 0x846ca68b);
    values[index] = ((i ^ (i >>> 16)) >>> 0) / 2 ** 32 - 0.5;
  }
  return values;
}
