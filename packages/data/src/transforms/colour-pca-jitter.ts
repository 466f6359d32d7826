import { checkOptions, option, randomNormal } from '@cnn/tensor';
import { checkUnitValues, clip, colourOnly } from './photometric.js';
import type { Transform } from './transform.js';

/** Options of {@link colourPcaJitter}. */
export interface ColourPcaJitterOptions {
  /** The deviations of the colours along the components, as `fitColourPca` gives them. */
  readonly deviations: readonly number[];
  /** The components: three colours of length 1. */
  readonly components: readonly (readonly number[])[];
  /** How strong it is: the deviation of the random weights. Default 0.1. */
  readonly strength?: number;
}

/**
 * AlexNet's colour jitter: to all pixels of an image the colour Σ αᵢ dᵢ pᵢ is added, where pᵢ are the principal components of the training set's
 * colours, dᵢ the deviations along them, and αᵢ are drawn for each image from a normal distribution (Krizhevsky et al., "ImageNet
 * classification with deep convolutional neural networks", 2012, section 4.1). The paper names eigenvalues in place of deviations; but these are squares of
 * colours, and the numbers in use since then, 0.2175, 0.0188 and 0.0045 for ImageNet, are of the size of deviations. Clipped to 0 to 1.
 * Give it between `toFloat` and `normalise`.
 *
 * @throws {ShapeError} for images that have not 3 channels.
 */
export function colourPcaJitter(options: ColourPcaJitterOptions): Transform {
  checkOptions(
    'colourPcaJitter',
    options,
    {
      deviations: option.list(option.nonNegative, 3),
      components: option.list(option.list(option.number, 3), 3),
      strength: option.nonNegative,
    },
    ['deviations', 'components'],
  );
  const { deviations, components, strength = 0.1 } = options;
  return {
    name: 'colourPcaJitter',
    shape: colourOnly('colourPcaJitter'),
    apply: (batch, key) => {
      checkUnitValues('colourPcaJitter', batch);
      const plane = batch.shape[1] * batch.shape[2];
      const weights = randomNormal(3 * batch.size, key, 0, strength);
      for (let channel = 0; channel < 3 * batch.size; channel++) {
        const image = Math.floor(channel / 3);
        let shift = 0;
        for (let i = 0; i < 3; i++) shift += weights[3 * image + i]! * deviations[i]! * components[i]![channel % 3]!;
        for (let i = channel * plane; i < (channel + 1) * plane; i++) batch.images[i]! += shift;
      }
      clip(batch.images);
      return batch;
    },
  };
}
