/** The augmentations of `cnn train` by name. */
import {
  cutMix,
  cutout,
  type ImageShape,
  mixup,
  type NormaliseOptions,
  normalise,
  oneHot,
  randAugment,
  randomAffine,
  randomBrightness,
  randomContrast,
  randomCrop,
  randomElastic,
  randomErasing,
  randomHorizontalFlip,
  randomResizedCrop,
  randomSaturation,
  type Transform,
  toFloat,
} from '@cnn/data';

/** Transforms by where they belong: before or after images are normalised, or where targets are mixed, too. */
interface Augmentation {
  readonly place: 'image' | 'normalised' | 'targets';
  readonly make: (shape: ImageShape) => readonly Transform[];
}

const onImages = (make: Augmentation['make']): Augmentation => ({ place: 'image', make });
const onNormalised = (make: Augmentation['make']): Augmentation => ({ place: 'normalised', make });
const onTargets = (make: Augmentation['make']): Augmentation => ({ place: 'targets', make });

const AUGMENTATIONS = {
  flip: onImages(() => [randomHorizontalFlip()]),
  // 4 pixels for the 32 of CIFAR-10 (He et al., 2015).
  crop: onImages(([, height]) => [randomCrop({ padding: Math.ceil(height / 8) })]),
  'resized-crop': onImages(() => [randomResizedCrop()]),
  affine: onImages(() => [randomAffine({ degrees: 10, translateX: 0.1, translateY: 0.1, scale: [0.9, 1.1] })]),
  // Simard et al., 2003, for 29 pixels.
  elastic: onImages(([, height]) => [randomElastic({ alpha: (34 * height) / 29, sigma: (4 * height) / 29 })]),
  colour: onImages(([channels]) => [randomBrightness(), randomContrast(), ...(channels === 3 ? [randomSaturation()] : [])]),
  'rand-augment': onImages(() => [randAugment()]),
  // Half the image, as for CIFAR-10 (DeVries and Taylor, 2017).
  cutout: onNormalised(([, height]) => [cutout({ size: Math.ceil(height / 2) })]),
  erasing: onNormalised(() => [randomErasing()]),
  mixup: onTargets(() => [mixup()]),
  'cut-mix': onTargets(() => [cutMix()]),
} as const satisfies Readonly<Record<string, Augmentation>>;

/** The name of an augmentation. */
export type AugmentationName = keyof typeof AUGMENTATIONS;

/** The names that `--augment` takes. */
export const augmentationNames = Object.keys(AUGMENTATIONS) as AugmentationName[];

/** What is done to training images: scaled, changed by those named in their order, and normalised. */
export function trainingTransforms(
  names: readonly AugmentationName[],
  { shape, classes, scale }: { readonly shape: ImageShape; readonly classes: number; readonly scale: NormaliseOptions },
): Transform[] {
  const at = (place: Augmentation['place']): Transform[] =>
    names
      .map(name => AUGMENTATIONS[name])
      .flatMap(augmentation => (augmentation.place === place ? augmentation.make(shape) : []));
  const mixed = at('targets');
  return [
    toFloat(),
    ...at('image'),
    normalise(scale),
    ...at('normalised'),
    ...(mixed.length > 0 ? [oneHot({ classes }), ...mixed] : []),
  ];
}
