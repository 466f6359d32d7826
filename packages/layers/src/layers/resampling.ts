import { option } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineLayer } from '../layer.js';
import { perAxis } from './convolution.js';
import { type Size, size } from './window.js';

/** Options of {@link upsample}. */
export interface UpsampleConfig extends ops.ResizeOptions {
  /** How many times as high and wide the image becomes. */
  readonly scaleFactor: Size;
}

/** A larger image, [n, c, h, w] as [n, c, h scale, w scale], by the nearest pixel or between the four around, see `ops.resize`. */
export const upsample = defineLayer({
  type: 'upsample',
  options: {
    scaleFactor: size(option.count),
    mode: option.oneOf('nearest', 'bilinear'),
    alignCorners: option.boolean,
  },
  required: ['scaleFactor'],
  forward: (x, _, { scaleFactor, ...options }: UpsampleConfig) => {
    const [rows, columns] = perAxis(scaleFactor) as [number, number];
    return ops.resize(x, [x.shape[2]! * rows, x.shape[3]! * columns], options);
  },
});

/** Options of {@link pixelShuffle}. */
export interface PixelShuffleConfig {
  /** How many times as high and wide the image becomes, r. */
  readonly upscaleFactor: number;
}

/** Channels become pixels (Shi et al., 2016): [n, c r², h, w] gives [n, c, h r, w r], see `ops.pixelShuffle`. */
export const pixelShuffle = defineLayer({
  type: 'pixelShuffle',
  options: { upscaleFactor: option.count },
  required: ['upscaleFactor'],
  forward: (x, _, { upscaleFactor }: PixelShuffleConfig) => ops.pixelShuffle(x, upscaleFactor),
});
