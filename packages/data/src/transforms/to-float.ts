import type { Transform } from './transform.js';

/** Bytes to numbers from 0 to 1: x / 255, as PyTorch's ToTensor. */
export function toFloat(): Transform {
  return {
    name: 'toFloat',
    apply: batch => {
      const { images } = batch;
      for (let i = 0; i < images.length; i++) images[i] = images[i]! / 255;
      return batch;
    },
  };
}
