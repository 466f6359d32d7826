/** What is done to training images by chance, before and after they are scaled. */
import { cutout, type ImageShape, randomAffine, randomCrop, randomHorizontalFlip, type Transform } from '@cnn/data';
import type { AugmentationName } from '../protocol.js';

/** Transforms of bytes, and of scaled numbers, for images of a shape. */
export function augmentation(
  names: readonly AugmentationName[],
  [, height, width]: ImageShape,
): { readonly before: readonly Transform[]; readonly after: readonly Transform[] } {
  const least = Math.min(height, width);
  const has = (name: AugmentationName): boolean => names.includes(name);
  return {
    before: [
      ...(has('shift') ? [randomCrop({ padding: Math.ceil(least / 10) })] : []),
      ...(has('rotate') ? [randomAffine({ degrees: 10 })] : []),
      ...(has('flip') ? [randomHorizontalFlip()] : []),
    ],
    after: has('erase') ? [cutout({ size: Math.ceil(least / 3) })] : [],
  };
}
