import { checkOptions, option, randomBits, randomKey } from '@cnn/tensor';
import { applyToPart } from './apply-to-part.js';
import { autoContrast, equalise, posterise, sharpness, solarise } from './histogram-operations.js';
import { randomAffine } from './random-affine.js';
import { randomBrightness } from './random-brightness.js';
import { randomContrast } from './random-contrast.js';
import { randomSaturation } from './random-saturation.js';
import type { Transform } from './transform.js';

/** Options of {@link randAugment}. */
export interface RandAugmentOptions {
  /** How many operations are done to each image, one after the other. Default 2. */
  readonly operations?: number;
  /** How strong they are, from 0 to 30. Default 9. */
  readonly magnitude?: number;
}

/**
 * Some operations out of fourteen for each image, all of one strength (Cubuk et al., "RandAugment: practical automated data augmentation with
 * a reduced search space", 2019): identity, shearing, translation, rotation, brightness, colour, contrast, sharpness,
 * posterising, solarising, automatic contrast and histogram equalisation, with torchvision's magnitudes. Colour is left out where
 * images have not 3 channels. Give it between `toFloat` and `normalise`.
 */
export function randAugment(options: RandAugmentOptions = {}): Transform {
  checkOptions('randAugment', options, { operations: option.count, magnitude: option.between(0, 30) });
  const { operations = 2, magnitude = 9 } = options;
  const all = operationsOf(magnitude / 30);
  const colourless = all.filter(([operation]) => operation?.name !== 'randomSaturation');
  return {
    name: 'randAugment',
    apply: (batch, key) => {
      const choices = batch.shape[0] === 3 ? all : colourless;
      for (let round = 0; round < operations; round++) {
        const drawn = randomBits(2 * batch.size, randomKey(...key, round, 'choice'));
        const positions = new Map<Transform, number[]>();
        for (let image = 0; image < batch.size; image++) {
          const signs = choices[Math.floor((drawn[2 * image]! / 2 ** 32) * choices.length)]!;
          const operation = signs[Math.floor((drawn[2 * image + 1]! / 2 ** 32) * signs.length)];
          if (operation) positions.set(operation, [...(positions.get(operation) ?? []), image]);
        }
        for (const [operation, chosen] of positions) applyToPart(operation, batch, chosen, randomKey(...key, round));
      }
      return batch;
    },
  };
}

/** The fourteen operations at a strength from 0 to 1, each as one transform or as two that are as likely; none for identity. */
export function operationsOf(strength: number): readonly (readonly Transform[])[] {
  const exactly = (value: number): readonly [number, number] => [value, value];
  const bothSigns = (value: number, transform: (range: readonly [number, number]) => Transform): readonly Transform[] => [
    transform(exactly(value)),
    transform(exactly(-value)),
  ];
  const factors = (transform: (range: readonly [number, number]) => Transform): readonly Transform[] => [
    transform(exactly(1 + 0.9 * strength)),
    transform(exactly(1 - 0.9 * strength)),
  ];
  const shear = (Math.atan(0.3 * strength) * 180) / Math.PI;
  const translation = (150 / 331) * strength;
  return [
    [],
    bothSigns(shear, shearX => randomAffine({ shearX })),
    bothSigns(shear, shearY => randomAffine({ shearY })),
    bothSigns(translation, translateX => randomAffine({ translateX })),
    bothSigns(translation, translateY => randomAffine({ translateY })),
    bothSigns(30 * strength, degrees => randomAffine({ degrees })),
    factors(factor => randomBrightness({ factor })),
    factors(factor => randomSaturation({ factor })),
    factors(factor => randomContrast({ factor })),
    [sharpness(1 + 0.9 * strength), sharpness(1 - 0.9 * strength)],
    [posterise(8 - Math.round(4 * strength))],
    [solarise(1 - strength)],
    [autoContrast()],
    [equalise()],
  ];
}
