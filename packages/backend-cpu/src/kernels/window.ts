import { type Shape, sizeOf, stridesOf, type WindowAttrs } from '@cnn/tensor';
import type { ReferenceKernels } from '../reference-kernel.js';
import { copy, eachRow, type Layout } from '../strided.js';

/** A window that slides over images [n, c, ...spatial]; its columns are [n, c, ...kernel, ...out]. */
export const window: Pick<ReferenceKernels, 'unfold' | 'fold'> = {
  unfold: ([x], attrs, [y]) => {
    y!.data.fill(attrs.padValue);
    eachTap(x!.shape, y!.shape, attrs, (shape, image, columns) => copy(shape, x!.data, image, y!.data, columns));
  },
  fold: ([y], attrs, [x]) => {
    const from = y!.data;
    const sums = new Float64Array(x!.data.length);
    eachTap(x!.shape, y!.shape, attrs, (shape, image, columns) => {
      eachRow(shape, [image, columns], (length, [i, j], [p, q]) => {
        for (let n = 0; n < length; n++) sums[i! + n * p!]! += from[j! + n * q!]!;
      });
    });
    x!.data.set(sums);
  },
};

/**
 * For each position in the kernel, where it meets pixels: the shape [n, c, ...outputs] of the part of the columns that does
 * not fall into the padding, and the layouts of its pixels and of itself.
 */
function eachTap(
  image: Shape,
  columns: Shape,
  { kernelSize, stride, padding, dilation }: WindowAttrs,
  visit: (shape: Shape, image: Layout, columns: Layout) => void,
): void {
  const rank = kernelSize.length;
  const [n, c, ...spatial] = image as [number, number, ...number[]];
  const out = columns.slice(2 + rank);
  const imageStrides = stridesOf(image);
  const columnStrides = stridesOf(columns);
  const tapStrides = stridesOf(kernelSize);
  for (let t = 0; t < sizeOf(kernelSize); t++) {
    const shape = [n, c];
    const imagePart = { offset: 0, strides: imageStrides.slice(0, 2) };
    const columnPart = { offset: 0, strides: columnStrides.slice(0, 2) };
    for (let axis = 0; axis < rank; axis++) {
      const tap = Math.floor(t / tapStrides[axis]!) % kernelSize[axis]!;
      // Output o meets pixel o * stride + shift; `first` and `last` are the outputs whose pixel is inside.
      const shift = tap * dilation[axis]! - padding[axis]![0];
      const first = Math.max(0, Math.ceil(-shift / stride[axis]!));
      const last = Math.min(out[axis]! - 1, Math.floor((spatial[axis]! - 1 - shift) / stride[axis]!));
      shape.push(Math.max(0, last - first + 1));
      imagePart.offset += (first * stride[axis]! + shift) * imageStrides[2 + axis]!;
      imagePart.strides.push(stride[axis]! * imageStrides[2 + axis]!);
      columnPart.offset += tap * columnStrides[2 + axis]! + first * columnStrides[2 + rank + axis]!;
      columnPart.strides.push(columnStrides[2 + rank + axis]!);
    }
    visit(shape, imagePart, columnPart);
  }
}
