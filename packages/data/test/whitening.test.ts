import { OptionError, randomKey, randomUniform, ShapeError } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import { symmetricEigen } from '../src/eigen.js';
import {
  arrayDataset,
  type Dataset,
  fitPrincipalComponents,
  loader,
  type PrincipalComponents,
  pixelStatistics,
  projectToComponents,
  standardise,
  subtractMeanImage,
  toFloat,
  whiten,
  zcaWhiten,
} from '../src/index.js';
import { batchOf, largestDifference, torchvision } from './helpers.js';

const key = randomKey('whitening');
const { pca } = torchvision;
const COUNT = 40;
/** 40 images of 6 values, the second of which follows the first; the last is constant. */
const dataset = (): Dataset =>
  arrayDataset({
    name: 'forty',
    images: Uint8Array.from(pca.images),
    labels: Array(COUNT).fill(0),
    shape: [1, 2, 3],
    classes: ['a'],
  });
const batch = () => toFloat().apply(batchOf([1, 2, 3], pca.images, Array(COUNT).fill(0)), key);

/** The covariance of the rows of `[COUNT, size]`. */
function covarianceOf(rows: Float32Array): number[] {
  const size = rows.length / COUNT;
  const means = Array.from(
    { length: size },
    (_, i) => rows.reduce((sum, value, at) => (at % size === i ? sum + value : sum), 0) / COUNT,
  );
  return Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    let sum = 0;
    for (let row = 0; row < COUNT; row++) sum += (rows[row * size + i]! - means[i]!) * (rows[row * size + j]! - means[j]!);
    return sum / COUNT;
  });
}
const identity = (size: number): number[] => Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));

describe('symmetricEigen', () => {
  it('solves a matrix by hand: [2 1; 1 2] has 3 with (1, 1) and 1 with (1, -1)', () => {
    const { values, vectors } = symmetricEigen([Float64Array.of(2, 1), Float64Array.of(1, 2)]);
    expect(largestDifference(values, [3, 1])).toBeLessThan(1e-14);
    expect(largestDifference(vectors[0]!, [Math.SQRT1_2, Math.SQRT1_2])).toBeLessThan(1e-14);
  });

  it.each([1, 2, 3, 10, 60])('gives A v = λ v with orthonormal v for a random matrix of size %d', size => {
    const numbers = randomUniform(size * size, randomKey('eigen', size), -1, 1);
    const rows = () =>
      Array.from({ length: size }, (_, i) =>
        Float64Array.from({ length: size }, (_, j) => numbers[Math.min(i, j) * size + Math.max(i, j)]!),
      );
    const { values, vectors } = symmetricEigen(rows());
    const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    vectors.forEach((vector, i) => {
      expect(
        largestDifference(
          rows().map(row => dot(row, vector)),
          vector.map(value => values[i]! * value),
        ),
      ).toBeLessThan(1e-12);
      vectors.forEach((other, j) => {
        expect(Math.abs(dot(vector, other) - (i === j ? 1 : 0))).toBeLessThan(1e-12);
      });
      if (i > 0) expect(values[i]).toBeLessThanOrEqual(values[i - 1]!);
    });
  });

  it('takes matrices that are diagonal already, and zeros', () => {
    const { values, vectors } = symmetricEigen([Float64Array.of(1, 0, 0), Float64Array.of(0, 5, 0), Float64Array.of(0, 0, 0)]);
    expect([...values]).toEqual([5, 1, 0]);
    expect(vectors.map(vector => [...vector].map(Math.abs))).toEqual([
      [0, 1, 0],
      [1, 0, 0],
      [0, 0, 1],
    ]);
  });
});

describe('pixelStatistics', () => {
  it('gives what numpy gives', async () => {
    const { mean, deviation } = await pixelStatistics(dataset());
    expect(largestDifference(mean, pca.mean)).toBeLessThan(1e-12);
    expect(largestDifference(deviation, pca.deviation)).toBeLessThan(1e-12);
    expect(deviation[5]).toBe(0);
  });

  it('lets standardise give every value mean 0 and deviation 1, and a constant one 0', async () => {
    const { images } = standardise(await pixelStatistics(dataset())).apply(batch(), key);
    const covariance = covarianceOf(images);
    for (let i = 0; i < 5; i++) expect(covariance[7 * i]).toBeCloseTo(1, 5);
    for (let i = 5; i < images.length; i += 6) expect(images[i]).toBeCloseTo(0, 6);
  });

  it('lets subtractMeanImage take the mean image away', async () => {
    const { mean } = await pixelStatistics(dataset());
    const { images } = subtractMeanImage({ mean }).apply(batch(), key);
    expect(
      largestDifference(
        images,
        pca.images.map((value, i) => value / 255 - pca.mean[i % 6]!),
      ),
    ).toBeLessThan(1e-6);
  });

  it('refuses images of another size, lists that do not fit and empty datasets', async () => {
    expect(() => subtractMeanImage({ mean: [1, 2] }).shape!([1, 1, 3])).toThrow(ShapeError);
    expect(() => standardise({ mean: [1, 2], deviation: [1] })).toThrow(OptionError);
    const empty = arrayDataset({ name: 'none', images: new Uint8Array(0), labels: [], shape: [1, 1, 1], classes: ['a'] });
    await expect(pixelStatistics(empty)).rejects.toThrow(ShapeError);
    await expect(fitPrincipalComponents(empty)).rejects.toThrow(ShapeError);
  });
});

describe('fitPrincipalComponents', () => {
  it('gives what numpy gives', async () => {
    const fit = await fitPrincipalComponents(dataset());
    expect(fit.shape).toEqual([1, 2, 3]);
    expect(largestDifference(fit.mean, pca.mean)).toBeLessThan(1e-12);
    expect(largestDifference(fit.variances, pca.variances)).toBeLessThan(1e-12);
    // The last one is any sign of the constant value's direction.
    for (let k = 0; k < 5; k++) expect(largestDifference(fit.components[k]!, pca.components[k]!)).toBeLessThan(1e-9);
  });

  it('keeps as many as it is told to', async () => {
    const { variances, components } = await fitPrincipalComponents(dataset(), { components: 2 });
    expect(variances).toHaveLength(2);
    expect(components).toHaveLength(2);
    await expect(fitPrincipalComponents(dataset(), { components: 7 })).rejects.toThrow(OptionError);
  });

  it('refuses images of more than 3,072 values', async () => {
    const large = arrayDataset({ name: 'large', images: new Uint8Array(3073), labels: [0], shape: [1, 1, 3073], classes: ['a'] });
    await expect(fitPrincipalComponents(large)).rejects.toThrow('at most 3072');
  });
});

describe('components applied', () => {
  const fitted = () => fitPrincipalComponents(dataset());

  it('project to uncorrelated coordinates with the variances', async () => {
    const fit = await fitted();
    const { images, shape } = projectToComponents(fit).apply(batch(), key);
    expect(shape).toEqual([6, 1, 1]);
    const expected = identity(6).map((value, at) => value * pca.variances[at % 6]!);
    expect(largestDifference(covarianceOf(images), expected)).toBeLessThan(1e-7);
  });

  it('whiten to the identity as covariance', async () => {
    const fit = await fitPrincipalComponents(dataset(), { components: 5 });
    const transform = whiten(fit, { epsilon: 1e-12 });
    expect(transform.shape!([1, 2, 3])).toEqual([5, 1, 1]);
    expect(largestDifference(covarianceOf(transform.apply(batch(), key).images), identity(5))).toBeLessThan(1e-4);
  });

  it('whiten by ZCA as numpy does', async () => {
    const { images, shape } = zcaWhiten(await fitted(), { epsilon: pca.epsilon }).apply(batch(), key);
    expect(shape).toEqual([1, 2, 3]);
    expect(largestDifference(images.subarray(0, 18), pca.zca)).toBeLessThan(1e-5);
  });

  it('are plain data: saved as JSON and read back they give the same bits', async () => {
    const fit = await fitted();
    const read = JSON.parse(JSON.stringify(fit)) as PrincipalComponents;
    expect([...zcaWhiten(read).apply(batch(), key).images]).toEqual([...zcaWhiten(fit).apply(batch(), key).images]);
  });

  it('work in a loader, which knows their shape', async () => {
    const fit = await fitPrincipalComponents(dataset(), { components: 2 });
    const batches = loader(dataset(), { batchSize: 8, transforms: [toFloat(), whiten(fit)] });
    expect(batches.batchShape).toEqual([8, 2, 1, 1]);
    const whole = whiten(fit).apply(batch(), key).images;
    for await (const { images } of batches.epoch(0, { startBatch: 4 })) expect([...images]).toEqual([...whole.subarray(64)]);
  });

  it('refuse other images and damaged files', async () => {
    const fit = await fitted();
    expect(() => zcaWhiten(fit).shape!([1, 3, 2])).toThrow(ShapeError);
    expect(() => whiten({ ...fit, mean: [1] })).toThrow(OptionError);
    expect(() => whiten({ ...fit, variances: [1] })).toThrow(OptionError);
    expect(() => projectToComponents({ ...fit, components: [[1, 2]] })).toThrow(OptionError);
    expect(() => zcaWhiten({ ...fit, mean: fit.mean.map(() => Number.NaN) })).toThrow(OptionError);
    expect(() => whiten(fit, { epsilon: 0 })).toThrow(OptionError);
  });
});
