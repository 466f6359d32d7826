import type { ImageShape } from '../dataset.js';

/** Rows from `top` up to `bottom`, columns from `left` up to `right`. */
export interface Rectangle {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** A rectangle around a point, as far as it is within the image. */
export function rectangleAround(x: number, y: number, height: number, width: number, shape: ImageShape): Rectangle {
  const within = (value: number, length: number): number => Math.min(length, Math.max(0, value));
  const top = y - Math.floor(height / 2);
  const left = x - Math.floor(width / 2);
  return {
    top: within(top, shape[1]),
    left: within(left, shape[2]),
    bottom: within(top + height, shape[1]),
    right: within(left + width, shape[2]),
  };
}

/** Sets a rectangle in all channels of an image of a batch to one value, or to what another image has there. */
export function fillRectangle(
  images: Float32Array,
  image: number,
  [channels, height, width]: ImageShape,
  { top, left, bottom, right }: Rectangle,
  value: number | { readonly from: Float32Array; readonly image: number },
): void {
  for (let channel = 0; channel < channels; channel++) {
    for (let row = top; row < bottom; row++) {
      const start = ((image * channels + channel) * height + row) * width;
      if (typeof value === 'number') {
        images.fill(value, start + left, start + right);
      } else {
        const other = ((value.image * channels + channel) * height + row) * width;
        images.set(value.from.subarray(other + left, other + right), start + left);
      }
    }
  }
}
