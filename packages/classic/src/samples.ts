import { OptionError, ShapeError } from '@cnn/tensor';

/** Examples to learn from, on the host. */
export interface Samples {
  /** Row-major, `[n, d]`: pixels, or features as {@link hog} makes them. */
  readonly features: ArrayLike<number>;
  /** Whole numbers from 0, `[n]`. */
  readonly labels: ArrayLike<number>;
}

/** How many features each sample has, once it is sure that they fit the labels. */
export function featureCount(owner: string, { features, labels }: Samples): number {
  if (labels.length === 0) throw new ShapeError(`${owner}: there are no samples`);
  if (features.length === 0 || features.length % labels.length !== 0)
    throw new ShapeError(`${owner}: ${features.length} features are not as many for each of ${labels.length} labels`);
  checkFinite(owner, features);
  return features.length / labels.length;
}

/** How many rows of `size` features there are. */
export function rowCount(owner: string, features: ArrayLike<number>, size: number): number {
  if (features.length % size !== 0)
    throw new ShapeError(`${owner}: ${features.length} features are no whole number of rows of ${size}`);
  checkFinite(owner, features);
  return features.length / size;
}

/** How many classes there are: one more than the largest label. */
export function classCount(owner: string, labels: ArrayLike<number>): number {
  let classes = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (!Number.isSafeInteger(label) || label < 0) throw new OptionError(owner, `labels[${i}]`, label, 'a whole number >= 0');
    classes = Math.max(classes, label + 1);
  }
  return classes;
}

/** Refuses NaN and infinities. */
export function checkFinite(owner: string, features: ArrayLike<number>): void {
  for (let i = 0; i < features.length; i++) {
    if (!Number.isFinite(features[i])) throw new OptionError(owner, `features[${i}]`, features[i], 'a finite number');
  }
}
