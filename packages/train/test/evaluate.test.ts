import { cpu } from '@cnn/backend-cpu';
import { arrayDataset, loader } from '@cnn/data';
import { flatten, initialise, linear, type Net, sequential } from '@cnn/layers';
import { OptionError, ShapeError, tensor } from '@cnn/tensor';
import { evaluate, predict } from '@cnn/train';
import { expect, it } from 'vitest';
import { crossEntropy } from './helpers.js';

const backend = await cpu();

/** Two pixels, and as many scores: the pixels themselves, times log 4. */
function twoPixels(): Net {
  const net = initialise(sequential({ flatten: flatten(), fc: linear({ units: 2 }) }), { backend, input: [1, 1, 2] });
  const k = Math.log(4);
  net.variable('fc.weight').assign(tensor(backend, [[k, 0], [0, k]])); // biome-ignore format: a matrix
  return net;
}

// Pixels 0 and 255 become 0 and 1, so the scores are 0 and log 4, the probabilities 1/5 and 4/5.
const dataset = arrayDataset({
  name: 'five',
  images: Uint8Array.of(255, 0, 0, 255, 255, 0, 0, 255, 0, 255),
  labels: [0, 1, 1, 1, 0],
  shape: [1, 1, 2],
  classes: ['left', 'right'],
});

it('evaluates a net by hand', async () => {
  const net = twoPixels();
  const live = backend.live();
  const progress: number[][] = [];
  const seen: number[] = [];
  const result = await evaluate({
    net,
    loss: crossEntropy,
    data: loader(dataset, { batchSize: 2 }),
    topK: [1, 2],
    onProgress: (done, total) => progress.push([done, total]),
    onBatch: ({ indices }, logits) => seen.push(...indices, logits.length),
  });
  // Three are right at 4/5 and two wrong at 1/5. The last batch has one image, and counts as one.
  expect(result.loss).toBeCloseTo(-(3 * Math.log(4 / 5) + 2 * Math.log(1 / 5)) / 5, 6);
  expect(result).toMatchObject({
    accuracy: 3 / 5,
    topK: { 1: 3 / 5, 2: 1 },
    confusion: [
      [1, 1],
      [1, 2],
    ],
    images: 5,
  });
  expect(progress).toEqual([
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
  expect(seen).toEqual([0, 1, 4, 2, 3, 4, 4, 2]);
  expect(backend.live()).toBe(live);
  net.dispose();
});

it('predicts probabilities by hand', async () => {
  const net = twoPixels();
  const images = tensor(backend, [1, 0, 0, 0, 0, 2], { shape: [3, 1, 1, 2] });
  const live = backend.live();
  const probabilities = await predict(net, images);
  // Scores [log 4, 0], [0, 0], [0, 2 log 4].
  const expected = [[4 / 5, 1 / 5], [1 / 2, 1 / 2], [1 / 17, 16 / 17]]; // biome-ignore format: a matrix
  for (const [i, row] of expected.entries()) {
    expect(probabilities[i]!.length).toBe(2);
    for (const [j, p] of row.entries()) expect(probabilities[i]![j]).toBeCloseTo(p, 6);
  }
  expect(backend.live()).toBe(live);
  images.dispose();
  net.dispose();
});

it('refuses what does not fit', async () => {
  const net = twoPixels();
  const live = backend.live();
  const data = loader(dataset, { batchSize: 2 });
  const options = { net, loss: crossEntropy, data };
  await expect(evaluate({ ...options, topk: [1] } as never)).rejects.toThrow(OptionError);
  await expect(evaluate({ ...options, topK: [0] })).rejects.toThrow(OptionError);
  await expect(evaluate({ net, loss: crossEntropy } as never)).rejects.toThrow("evaluate: option 'data' is undefined");
  const wide = loader(
    arrayDataset({ name: 'wide', images: new Uint8Array(3), labels: [0], shape: [1, 1, 3], classes: ['a', 'b'] }),
    { batchSize: 1 },
  );
  await expect(evaluate({ ...options, data: wide })).rejects.toThrow(
    new ShapeError("the model's input 'input' is [n, 1, 1, 2]; got [1, 1, 1, 3]"),
  );
  const many = loader(
    arrayDataset({ name: 'many', images: new Uint8Array(2), labels: [0], shape: [1, 1, 2], classes: ['a', 'b', 'c'] }),
    { batchSize: 1 },
  );
  await expect(evaluate({ ...options, data: many })).rejects.toThrow(
    new ShapeError('metrics: 2 scores for 1 labels of 3 classes'),
  );
  await expect(predict(net, tensor(backend, [1]))).rejects.toThrow(ShapeError);
  net.dispose();
  expect(backend.live()).toBeLessThan(live);
});

it('ends with the reason of its signal', async () => {
  const net = twoPixels();
  const live = backend.live();
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(evaluate({ net, loss: crossEntropy, data: loader(dataset, { batchSize: 2 }), signal })).rejects.toThrow('enough');
  expect(backend.live()).toBe(live);
  net.dispose();
});
