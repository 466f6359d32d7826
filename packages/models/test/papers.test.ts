/** Models that torchvision does not have, against their papers written down in PyTorch by `fixtures/from-papers.py`. */
import { readFileSync } from 'node:fs';
import { cpu } from '@cnn/backend-cpu';
import { initialise } from '@cnn/layers';
import { sizeOf, tensor } from '@cnn/tensor';
import { expect, it } from 'vitest';
import { standardModels } from '../src/index.js';
import { makeUpWeights, noise } from './made-up-weights.js';
import { slimmed } from './slimmed.js';

interface Case {
  readonly input: readonly number[];
  readonly scale: number;
  readonly every: number;
  readonly variables: readonly string[];
  readonly outputs: readonly number[];
}

const cases: Record<string, Case> = JSON.parse(readFileSync(new URL('./fixtures/papers.json', import.meta.url), 'utf8'));

it.each(Object.keys(cases))('%s computes what PyTorch computes', async name => {
  const { input, scale, every, variables, outputs } = cases[name]!;
  const full = standardModels[name]!.build({ classes: 5 });
  const backend = await cpu();
  const net = initialise(name === 'lenet5-1998' ? full : slimmed(full), { backend, input: input.slice(1) });
  makeUpWeights(net, variables, { rename: variable => variable, around: () => 0 });
  const images = tensor(
    backend,
    noise(sizeOf(input), 1000).map(value => value * scale),
    { shape: input },
  );
  const found = net.apply(images);
  const scores = (await found.data()).filter((_, i) => i % every === 0);
  const largest = Math.max(...outputs.map(Math.abs));
  expect(scores.length).toBe(outputs.length);
  outputs.forEach((score, i) => {
    expect(Math.abs(scores[i]! - score)).toBeLessThan(1e-4 * largest);
  });
  for (const held of [images, found, net]) held.dispose();
  expect(backend.live()).toBe(0);
  backend.dispose();
});
