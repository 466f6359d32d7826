/** The operations that only RandAugment uses, as torchvision's functions of these names do them to bytes. */
import type { ImageShape } from '../dataset.js';
import { photometric } from './photometric.js';
import type { Transform } from './transform.js';

const eachPlane = (name: string, change: (plane: Float32Array, height: number, width: number) => void): Transform =>
  photometric(name, [0, 0], (image, _, [channels, height, width]: ImageShape) => {
    const size = height * width;
    for (let channel = 0; channel < channels; channel++)
      change(image.subarray(channel * size, (channel + 1) * size), height, width);
  });

/** Blends with the image smoothed by [1 1 1; 1 5 1; 1 1 1] / 13, but for its outermost pixels: f x + (1 - f) s. */
export const sharpness = (factor: number): Transform =>
  eachPlane('sharpness', (plane, height, width) => {
    const before = plane.slice();
    for (let y = 1; y < height - 1; y++) {
      for (let x = 1; x < width - 1; x++) {
        const at = y * width + x;
        let sum = 4 * before[at]!;
        for (let row = -width; row <= width; row += width)
          sum += before[at + row - 1]! + before[at + row]! + before[at + row + 1]!;
        plane[at] = factor * before[at]! + ((1 - factor) * sum) / 13;
      }
    }
  });

/** Keeps the highest bits of each byte. */
export const posterise = (bits: number): Transform =>
  eachPlane('posterise', plane => {
    const step = 2 ** (8 - bits);
    for (let i = 0; i < plane.length; i++) plane[i] = (Math.floor(Math.round(255 * plane[i]!) / step) * step) / 255;
  });

/** Inverts values from a threshold on. */
export const solarise = (threshold: number): Transform =>
  eachPlane('solarise', plane => {
    for (let i = 0; i < plane.length; i++) if (plane[i]! >= threshold) plane[i] = 1 - plane[i]!;
  });

/** Stretches each channel to 0 to 1. */
export const autoContrast = (): Transform =>
  eachPlane('autoContrast', plane => {
    let [least, most] = [1, 0];
    for (const value of plane) [least, most] = [Math.min(least, value), Math.max(most, value)];
    if (least >= most) return;
    for (let i = 0; i < plane.length; i++) plane[i] = (plane[i]! - least) / (most - least);
  });

/** Makes all values of each channel about as frequent, by the cumulated histogram of its bytes. */
export const equalise = (): Transform =>
  eachPlane('equalise', plane => {
    const counts = new Float64Array(256);
    for (const value of plane) counts[Math.round(255 * value)]!++;
    const step = Math.floor((plane.length - counts.findLast(count => count > 0)!) / 255);
    if (step === 0) return;
    let below = 0;
    const changed = counts.map(count => {
      const value = Math.floor((below + Math.floor(step / 2)) / step);
      below += count;
      return Math.min(255, value) / 255;
    });
    for (let i = 0; i < plane.length; i++) plane[i] = changed[Math.round(255 * plane[i]!)]!;
  });
