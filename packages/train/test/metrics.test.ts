import { ShapeError } from '@cnn/tensor';
import { ClassificationMeter } from '@cnn/train';
import { expect, it } from 'vitest';

it('counts by hand', () => {
  const meter = new ClassificationMeter(3, [1, 2, 3]);
  // Rows: scores; the class with the highest score; the place of the true class among them.
  meter.add(
    [
      [0.7, 0.2, 0.1], // predicted 0, true 0: place 1
      [0.1, 0.3, 0.6], // predicted 2, true 1: place 2
      [0.5, 0.3, 0.2], // predicted 0, true 2: place 3
    ].flat(),
    [0, 1, 2],
    0.5,
  );
  meter.add([-5, -1, -3], [1], 0.9); // predicted 1, true 1: place 1
  expect(meter.result()).toEqual({
    loss: (3 * 0.5 + 0.9) / 4,
    accuracy: 2 / 4,
    topK: { 1: 2 / 4, 2: 3 / 4, 3: 1 },
    confusion: [
      [1, 0, 0],
      [0, 1, 1],
      [1, 0, 0],
    ],
    images: 4,
  });
});

it('of equal scores takes the first for higher, so that a constant is not always right', () => {
  const meter = new ClassificationMeter(3, [1, 2, 3]);
  for (const label of [0, 1, 2]) meter.add([0.3, 0.3, 0.3], [label], 1);
  const { accuracy, topK, confusion } = meter.result();
  expect(accuracy).toBe(1 / 3);
  expect(topK).toEqual({ 1: 1 / 3, 2: 2 / 3, 3: 1 });
  expect(confusion).toEqual([
    [1, 0, 0],
    [1, 0, 0],
    [1, 0, 0],
  ]);
});

it('counts each image as in no top k where its scores are NaN', () => {
  const meter = new ClassificationMeter(2, [1]);
  meter.add([Number.NaN, Number.NaN], [1], Number.NaN);
  expect(meter.result()).toMatchObject({ accuracy: 0, topK: { 1: 0 } });
});

it('has no figures without images', () => {
  expect(new ClassificationMeter(2, [1]).result()).toEqual({
    loss: Number.NaN,
    accuracy: Number.NaN,
    topK: { 1: Number.NaN },
    confusion: [
      [0, 0],
      [0, 0],
    ],
    images: 0,
  });
});

it('refuses scores that are not one a class', () => {
  expect(() => new ClassificationMeter(3).add([1, 2], [0], 1)).toThrow(
    new ShapeError('metrics: 2 scores for 1 labels of 3 classes'),
  );
});

it('takes NaN for the highest score, as argMax does, so that a broken net is not right by chance', () => {
  const meter = new ClassificationMeter(3);
  meter.add([0.1, Number.NaN, 0.2, Number.NaN, Number.NaN, Number.NaN], [0, 0], Number.NaN);
  expect(meter.result().confusion[0]).toEqual([1, 1, 0]);
});
