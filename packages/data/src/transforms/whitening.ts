import { checkOptions, OptionError, option, ShapeError } from '@cnn/tensor';
import { type ImageShape, sizeOf } from '../dataset.js';
import type { PrincipalComponents } from '../principal-components.js';
import type { Transform } from './transform.js';

/** Options of {@link whiten} and {@link zcaWhiten}. */
export interface WhitenOptions {
  /** Added to each variance before the root, so that components that are all but constant are not blown up. Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Images as coordinates along principal components: y = C (x - mean), `[k, 1, 1]`. The coordinates are uncorrelated. Give it after `toFloat`.
 *
 * @throws {OptionError} for components that do not fit each other, as from a damaged file.
 * @throws {ShapeError} for images of another shape.
 */
export function projectToComponents(fit: PrincipalComponents): Transform {
  const basis = checked('projectToComponents', fit);
  return linear('projectToComponents', basis, [basis.components.length, 1, 1], coordinates => coordinates);
}

/**
 * PCA whitening: y = C (x - mean) / √(variance + epsilon), `[k, 1, 1]`. The coordinates are uncorrelated and have variance 1. Give it
 * after `toFloat`.
 *
 * @throws {OptionError} for components that do not fit each other, as from a damaged file.
 * @throws {ShapeError} for images of another shape.
 */
export function whiten(fit: PrincipalComponents, options: WhitenOptions = {}): Transform {
  const basis = checked('whiten', fit);
  const scales = whiteningScales('whiten', fit, options);
  // #region whiten
  return linear('whiten', basis, [basis.components.length, 1, 1], coordinates =>
    coordinates.map((value, i) => value * scales[i]!),
  );
  // #endregion whiten
}

/**
 * ZCA whitening: Cᵀ diag(1 / √(variance + epsilon)) C (x - mean), in the image's own shape. Of all whitened images these are the most like
 * the image (Bell and Sejnowski, "The independent components of natural scenes are edge filters", 1997; Krizhevsky, 2009). Give it after `toFloat`.
 *
 * @throws {OptionError} for components that do not fit each other, as from a damaged file.
 * @throws {ShapeError} for images of another shape.
 */
export function zcaWhiten(fit: PrincipalComponents, options: WhitenOptions = {}): Transform {
  const basis = checked('zcaWhiten', fit);
  const scales = whiteningScales('zcaWhiten', fit, options);
  return linear('zcaWhiten', basis, basis.shape, coordinates => {
    const image = new Float64Array(basis.mean.length);
    basis.components.forEach((component, k) => {
      const weight = coordinates[k]! * scales[k]!;
      for (let i = 0; i < image.length; i++) image[i]! += weight * component[i]!;
    });
    return image;
  });
}

/** Principal components as typed arrays, which are faster. */
interface Basis {
  readonly shape: ImageShape;
  readonly mean: Float64Array;
  readonly components: readonly Float64Array[];
}

function checked(name: string, fit: PrincipalComponents): Basis {
  checkOptions(
    name,
    fit,
    { shape: option.list(option.count, 3), mean: option.any, variances: option.list(option.nonNegative), components: option.any },
    ['shape', 'mean', 'variances', 'components'],
  );
  const size = sizeOf(fit.shape);
  const numbers = option.list(option.number, size);
  if (!numbers.accepts(fit.mean)) throw new OptionError(name, 'mean', fit.mean, numbers.allowed);
  const rows = option.list(numbers, fit.variances.length);
  if (!rows.accepts(fit.components)) throw new OptionError(name, 'components', fit.components, rows.allowed);
  return {
    shape: fit.shape,
    mean: Float64Array.from(fit.mean),
    components: fit.components.map(component => Float64Array.from(component)),
  };
}

function whiteningScales(name: string, fit: PrincipalComponents, options: WhitenOptions): readonly number[] {
  checkOptions(name, options, { epsilon: option.positive });
  const { epsilon = 1e-5 } = options;
  // #region scales
  return fit.variances.map(variance => 1 / Math.sqrt(variance + epsilon));
  // #endregion scales
}

/** What is made of each image's coordinates along the components. */
function linear(
  name: string,
  { shape: expected, mean, components }: Basis,
  result: ImageShape,
  finish: (coordinates: Float64Array) => Float64Array,
): Transform {
  const size = sizeOf(expected);
  return {
    name,
    shape: shape => {
      if (shape.join() !== expected.join())
        throw new ShapeError(`${name}: images are [${shape.join(', ')}]; the components are of images [${expected.join(', ')}]`);
      return result;
    },
    apply: batch => {
      const images = new Float32Array(batch.size * sizeOf(result));
      for (let image = 0; image < batch.size; image++) {
        const centred = Float64Array.from({ length: size }, (_, i) => batch.images[image * size + i]! - mean[i]!);
        const coordinates = Float64Array.from(components, component => {
          let sum = 0;
          for (let i = 0; i < size; i++) sum += component[i]! * centred[i]!;
          return sum;
        });
        images.set(finish(coordinates), image * sizeOf(result));
      }
      return { ...batch, images, shape: result };
    },
  };
}
