import { OptionError, randomKey, ShapeError, UsageError } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import {
  arrayDataset,
  colourPcaJitter,
  fitColourPca,
  type ImageShape,
  randAugment,
  randomApply,
  randomBlur,
  randomBrightness,
  randomContrast,
  randomGamma,
  randomHue,
  randomJpeg,
  randomNoise,
  randomSaturation,
  type Transform,
} from '../src/index.js';
import { autoContrast, equalise, posterise, sharpness, solarise } from '../src/transforms/histogram-operations.js';
import { operationsOf } from '../src/transforms/rand-augment.js';
import { CHROMA, LUMA, scaled } from '../src/transforms/random-jpeg.js';
import { batchOf, largestDifference, torchvision } from './helpers.js';

const key = randomKey('colour');
const small = () => batchOf([3, 9, 7], torchvision.small, [0]);
const bytes = (values: number[]) => values.map(value => value / 255);

describe('the same numbers as torchvision', () => {
  it.each<[string, Transform]>([
    ['brightness', randomBrightness({ factor: [1.4, 1.4] })],
    ['contrast', randomContrast({ factor: [0.6, 0.6] })],
    ['saturation', randomSaturation({ factor: [1.7, 1.7] })],
    ['hue', randomHue({ degrees: [50, 50] })],
    ['gamma', randomGamma({ gamma: [1.8, 1.8] })],
    ['blurred', randomBlur({ sigma: [0.9, 0.9] })],
    ['sharpness', sharpness(1.9)],
    ['autoContrast', autoContrast()],
  ])('%s', (name, transform) => {
    // torchvision's grey counts red 0.2989 times where ITU-R BT.601 has 0.299.
    expect(largestDifference(transform.apply(small(), key).images, torchvision.results[name]!)).toBeLessThan(1.5e-4);
  });

  it.each<[string, Transform]>([
    ['posterise', posterise(3)],
    ['solarise', solarise(128 / 255)],
    ['equalise', equalise()],
  ])('%s, in bytes', (name, transform) => {
    const { images } = transform.apply(batchOf([3, 24, 24], bytes(torchvision.bytes), [0]), key);
    expect(Array.from(images, value => Math.round(255 * value))).toEqual(torchvision.results[name]);
  });
});

describe('without change', () => {
  it.each<[string, Transform]>([
    ['randomBrightness', randomBrightness({ factor: 0 })],
    ['randomContrast', randomContrast({ factor: 0 })],
    ['randomSaturation', randomSaturation({ factor: 0 })],
    ['randomHue by the whole circle', randomHue({ degrees: [360, 360] })],
    ['randomHue', randomHue({ degrees: 0 })],
    ['randomGamma', randomGamma({ gamma: [1, 1] })],
    ['randomBlur', randomBlur({ sigma: [0.01, 0.01] })],
    ['randomNoise', randomNoise({ deviation: 0 })],
    ['randomApply', randomApply(randomBrightness({ factor: [0, 0] }), { probability: 0 })],
  ])('%s gives the same image', (_, transform) => {
    expect(largestDifference(transform.apply(small(), key).images, small().images)).toBeLessThan(1e-6);
  });
});

describe('what takes values from 0 to 1', () => {
  const transforms: Transform[] = [
    randomBrightness(),
    randomContrast(),
    randomSaturation(),
    randomHue(),
    randomGamma(),
    randomNoise(),
    randomJpeg(),
    colourPcaJitter({
      deviations: [1, 1, 1],
      components: [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
    }),
  ];

  it.each(transforms.map(transform => [transform.name, transform] as const))('%s stays within it', (_, transform) => {
    const many = Array.from({ length: 20 }, () => torchvision.small).flat();
    const { images } = transform.apply(batchOf([3, 9, 7], many, Array(20).fill(0)), key);
    expect(images.every(value => value >= 0 && value <= 1)).toBe(true);
    expect([...images.subarray(0, 189)]).not.toEqual([...images.subarray(189, 378)]);
  });

  it.each(transforms.map(transform => [transform.name, transform] as const))(
    '%s refuses bytes, negatives and NaN',
    (name, transform) => {
      for (const wrong of [17, -2, Number.NaN])
        expect(() => transform.apply(batchOf([3, 1, 1], [0.5, 0.5, wrong], [0]), key)).toThrow(
          `${name}: a value is ${wrong}; it takes values from 0 to 1`,
        );
    },
  );

  it('refuses grey images where colours are meant', () => {
    for (const transform of [randomHue(), randomSaturation(), transforms.at(-1)!])
      expect(() => transform.shape!([1, 4, 4])).toThrow(ShapeError);
  });

  it('refuses impossible options', () => {
    expect(() => randomBrightness({ factor: [-1, 1] })).toThrow(OptionError);
    expect(() => randomContrast({ factor: [2, 1] })).toThrow(OptionError);
    expect(() => randomGamma({ gamma: [0, 1] })).toThrow(OptionError);
    expect(() => randomNoise({ deviation: -1 })).toThrow(OptionError);
    expect(() => randomJpeg({ quality: [0.5, 50] })).toThrow(OptionError);
    expect(() => randomJpeg({ quality: [50, 101] })).toThrow(OptionError);
    expect(() => randomBlur({ sigma: [0, 1] })).toThrow(OptionError);
  });
});

describe('randomHue', () => {
  it('turns red to green by 120 degrees, and on to blue', () => {
    const hue = randomHue({ degrees: [120, 120] });
    const green = hue.apply(batchOf([3, 1, 2], [0.8, 0.3, 0.2, 0.3, 0.2, 0.3], [0]), key);
    // The second pixel is grey, which has no hue.
    expect(largestDifference(green.images, [0.2, 0.3, 0.8, 0.3, 0.2, 0.3])).toBeLessThan(1e-6);
    expect(largestDifference(hue.apply(green, key).images, [0.2, 0.3, 0.2, 0.3, 0.8, 0.3])).toBeLessThan(1e-6);
  });
});

describe('randomNoise', () => {
  it('adds noise of the deviation asked for', () => {
    const size = 10_000;
    const { images } = randomNoise({ deviation: 0.1 }).apply(batchOf([1, 100, 100], Array(size).fill(0.5), [0]), key);
    const mean = images.reduce((sum, value) => sum + value, 0) / size;
    const deviation = Math.sqrt(images.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size);
    // Four standard errors: 0.1 / √10000 of the mean, 0.1 / √20000 of the deviation.
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.004);
    expect(Math.abs(deviation - 0.1)).toBeLessThan(0.003);
  });
});

describe('randomJpeg', () => {
  it('gives what libjpeg gives but for its rounding, at sizes that are no whole blocks', () => {
    const { images } = randomJpeg({ quality: [30, 30] }).apply(batchOf([3, 19, 21], bytes(torchvision.smooth), [0]), key);
    const differences = Array.from(images, (value, i) => Math.abs(255 * value - torchvision.results.jpeg![i]!));
    const mean = differences.reduce((sum, value) => sum + value) / differences.length;
    const lost = torchvision.smooth.reduce((sum, value, i) => sum + Math.abs(value - torchvision.results.jpeg![i]!), 0);
    expect(lost / differences.length).toBeGreaterThan(2);
    expect(mean).toBeLessThan(0.6);
    expect(Math.max(...differences)).toBeLessThanOrEqual(4);
  });

  it.each(Object.entries(torchvision.jpegTables))('has the tables of libjpeg at quality %s', (quality, [luma, chroma]) => {
    expect(scaled(LUMA, Number(quality))).toEqual(luma);
    expect(scaled(CHROMA, Number(quality))).toEqual(chroma);
  });

  it('takes planes of any number for grey', () => {
    const shape: ImageShape = [2, 8, 8];
    const { images } = randomJpeg({ quality: [50, 50] }).apply(batchOf(shape, Array(128).fill(0.25), [0]), key);
    // A plane of 64 - 128 = -64 has the one frequency 8 · -64 = -512, which is 32 steps of 16.
    expect([...images]).toEqual(Array(128).fill(Math.fround(64 / 255)));
  });
});

describe('colourPcaJitter', () => {
  it('adds the same multiple of a component to all pixels of an image', () => {
    const grey = Array(2 * 3 * 4).fill(0.5);
    const { images } = colourPcaJitter({
      deviations: [0.2, 0, 0],
      components: [
        [0.6, 0, 0.8],
        [0, 1, 0],
        [-0.8, 0, 0.6],
      ],
    }).apply(batchOf([3, 2, 2], grey, [0, 0]), key);
    const shifts = Array.from({ length: 6 }, (_, plane) => [...images.subarray(4 * plane, 4 * plane + 4)].map(v => v - 0.5));
    for (const plane of shifts) expect(new Set(plane).size).toBe(1);
    const [red, green, blue] = shifts.map(plane => plane[0]!);
    expect(red).not.toBe(0);
    expect(green).toBe(0);
    expect(blue! / red!).toBeCloseTo(0.8 / 0.6, 4);
    expect(shifts[3]![0]).not.toBe(red);
  });

  it('takes what fitColourPca finds: here two colours, (10, 20, 30) with a step of (2, -4, 4)', async () => {
    // Pixels at 10 ± 2, 20 ∓ 4, 30 ± 4: one direction (2, -4, 4) / 6, deviation 6 / 255.
    const images = Uint8Array.from([12, 8, 16, 24, 34, 26]);
    const fit = await fitColourPca(arrayDataset({ name: 'two', images, labels: [0], shape: [3, 1, 2], classes: ['a'] }));
    expect(largestDifference(fit.deviations, [6 / 255, 0, 0])).toBeLessThan(1e-6);
    // Two entries are equally large; either may be the positive one.
    const sign = Math.sign(fit.components[0]![2]!);
    expect(largestDifference(fit.components[0]!, [sign / 3, (-2 * sign) / 3, (2 * sign) / 3])).toBeLessThan(1e-9);
    expect(() => colourPcaJitter(fit)).not.toThrow();
  });

  it('refuses images that are not red, green and blue', async () => {
    const grey = arrayDataset({ name: 'grey', images: new Uint8Array(1), labels: [0], shape: [1, 1, 1], classes: ['a'] });
    await expect(fitColourPca(grey)).rejects.toThrow(ShapeError);
  });
});

describe('randomApply', () => {
  it('changes some images and leaves the others', () => {
    const size = 1000;
    const black = randomApply(randomBrightness({ factor: [0, 0] }), { probability: 0.3 });
    const { images } = black.apply(batchOf([1, 1, 1], Array(size).fill(1), Array(size).fill(0)), key);
    const changed = images.filter(value => value === 0).length;
    expect(images.filter(value => value === 1).length).toBe(size - changed);
    // 300 expected; the deviation of a binomial is 14.5.
    expect(Math.abs(changed - 300)).toBeLessThan(75);
    expect(black.name).toBe('randomApply(randomBrightness)');
  });

  it('refuses a transform that changes shapes', () => {
    const cropped: Transform = { name: 'cropped', apply: batch => ({ ...batch, images: batch.images.slice(1) }) };
    expect(() => randomApply(cropped, { probability: 1 }).apply(small(), key)).toThrow(UsageError);
  });
});

describe('randAugment', () => {
  const many = (shape: ImageShape, image: number[], size: number) =>
    batchOf(shape, Array.from({ length: size }, () => image).flat(), Array(size).fill(0));

  it('does other things to other images, the same for the same key', () => {
    const image = bytes(torchvision.bytes);
    const augmented = () => randAugment().apply(many([3, 24, 24], image, 60), key).images;
    const images = augmented();
    expect([...images]).toEqual([...augmented()]);
    const different = new Set(Array.from({ length: 60 }, (_, i) => images.subarray(i * 1728, (i + 1) * 1728).join()));
    expect(different.size).toBeGreaterThan(30);
  });

  it('does one operation of 14 each as often', () => {
    // At strength 0 everything is the image itself but for automatic contrast and equalisation, two of 14.
    const image = bytes(torchvision.bytes);
    const size = 700;
    const { images } = randAugment({ operations: 1, magnitude: 0 }).apply(many([3, 24, 24], image, size), key);
    let changed = 0;
    for (let i = 0; i < size; i++) if (largestDifference(images.subarray(i * 1728, (i + 1) * 1728), image) > 1e-3) changed++;
    // 100 expected; the deviation of a binomial is 9.3. Solarising from 1 on changes nothing: no value is 1.
    expect(Math.abs(changed - 100)).toBeLessThan(45);
  });

  it('has the strengths of torchvision: at magnitude 9 of 30, 0.27 for factors, 9 degrees, 7 bits, a threshold of 0.7', () => {
    const operations = operationsOf(9 / 30);
    const results = (name: string, shape: ImageShape, image: number[]): number[][] =>
      operations
        .flat()
        .filter(operation => operation.name === name)
        .map(operation => [...operation.apply(batchOf(shape, image, [0]), key).images]);
    expect(operations).toHaveLength(14);
    expect(largestDifference(results('randomBrightness', [1, 1, 1], [0.5]).flat(), [0.635, 0.365])).toBeLessThan(1e-6);
    // Grey is 0.3 for a mean of 0.3: 0.3 + 1.27 (0.1 - 0.3) and 0.3 + 0.73 (0.1 - 0.3).
    const [more, less] = results('randomContrast', [1, 1, 2], [0.1, 0.5]);
    expect(largestDifference([more![0]!, less![0]!], [0.046, 0.154])).toBeLessThan(1e-6);
    expect(results('posterise', [1, 1, 1], [201 / 255]).flat()).toEqual([Math.fround(200 / 255)]);
    expect(largestDifference(results('solarise', [1, 1, 2], [0.71, 0.69]).flat(), [0.29, 0.69])).toBeLessThan(1e-6);
    // A ramp of 41x41 with 0 in the middle: beside it, the result is where the pixel came from.
    const ramp = Array.from({ length: 41 * 41 }, (_, i) => (i % 41) - 20);
    const middles = results('randomAffine', [1, 41, 41], ramp).map(image => image[20 * 41 + 20]!);
    const below = results('randomAffine', [1, 41, 41], ramp).map(image => image[30 * 41 + 20]!);
    const move = (150 / 331) * 0.3 * 41;
    const turn = 10 * Math.sin((9 * Math.PI) / 180);
    // Shearing by 0.09 along x and y, translation along x and y, rotation, each with both signs.
    expect(largestDifference(middles, [0, 0, 0, 0, -move, move, 0, 0, 0, 0])).toBeLessThan(1e-5);
    expect(largestDifference(below, [0.9, -0.9, 0, 0, -move, move, 0, 0, turn, -turn])).toBeLessThan(1e-5);
  });

  it('takes grey images', () => {
    const grey = bytes(torchvision.bytes.slice(0, 576));
    expect(
      randAugment()
        .apply(many([1, 24, 24], grey, 40), key)
        .images.every(value => value >= 0 && value <= 1),
    ).toBe(true);
  });

  it('refuses a magnitude above 30', () => {
    expect(() => randAugment({ magnitude: 31 })).toThrow(OptionError);
  });
});
