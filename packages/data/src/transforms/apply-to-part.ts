import { type RandomKey, UsageError } from '@cnn/tensor';
import { sizeOf } from '../dataset.js';
import type { Batch, Transform } from './transform.js';

/**
 * Some images of a batch transformed, the others as they were. Writes into the batch.
 *
 * @throws {UsageError} if the transform changes shapes or targets, which one part of a batch cannot have alone.
 */
export function applyToPart(transform: Transform, batch: Batch, positions: readonly number[], key: RandomKey): void {
  if (positions.length === 0) return;
  const size = sizeOf(batch.shape);
  const images = new Float32Array(positions.length * size);
  positions.forEach((position, i) => {
    images.set(batch.images.subarray(position * size, (position + 1) * size), i * size);
  });
  const part: Batch = {
    images,
    labels: Int32Array.from(positions, position => batch.labels[position]!),
    size: positions.length,
    shape: batch.shape,
    indices: Int32Array.from(positions, position => batch.indices[position]!),
  };
  const changed = transform.apply(part, key);
  if (changed.images.length !== images.length || changed.targets)
    throw new UsageError(
      `${transform.name} changes shapes or targets; only a transform of the values can be done to a part of a batch`,
    );
  positions.forEach((position, i) => {
    batch.images.set(changed.images.subarray(i * size, (i + 1) * size), position * size);
  });
}
