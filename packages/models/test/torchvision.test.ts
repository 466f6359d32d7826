/** The models that torchvision has, against it: `fixtures/from-torchvision.py` made the names, shapes and numbers. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { cpu } from '@cnn/backend-cpu';
import { type Graph, initialise, planModel } from '@cnn/layers';
import { type Shape, sizeOf, tensor } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import { standardModels } from '../src/index.js';
import { makeUpWeights, noise } from './made-up-weights.js';
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
  // What belongs to batch normalisation has running statistics beside it; its weight and variance are around 1.
  const around = (variable: string): number =>
    variable.replace(/\w+$/, 'running_mean') in variablesOf[name]! && /(weight|running_var)$/.test(variable) ? 1 : 0;
  makeUpWeights(net, variables, { rename, around });
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
