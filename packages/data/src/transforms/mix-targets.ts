import { UsageError } from '@cnn/tensor';
import type { Batch } from './transform.js';

/** Targets λ t + (1 - λ) t' with the ones of each image's partner, λ = `share`. */
export function mixTargets(name: string, { targets, size }: Batch, partners: Int32Array, share: number): Float32Array {
  if (!targets) throw new UsageError(`${name}: the batch has no targets to mix; give it after oneHot({ classes })`);
  const classes = targets.length / size;
  return targets.map((value, i) => {
    const image = Math.floor(i / classes);
    return share * value + (1 - share) * targets[partners[image]! * classes + (i % classes)]!;
  });
}
