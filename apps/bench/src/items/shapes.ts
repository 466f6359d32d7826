/** The sizes of single ops, which the scripts in peers/ use, too. */

/** n of a product of two [n, n] matrices. */
export const matrixSizes = [256, 512, 1024] as const;

/** A convolution with stride 1 that keeps the size of its square images. */
export interface ConvolutionShape {
  readonly name: string;
  readonly batch: number;
  readonly channels: number;
  /** Height and width. */
  readonly size: number;
  readonly filters: number;
  readonly kernelSize: number;
  readonly padding: number;
}

/** Convolutions of small and of large networks. */
export const convolutionShapes: readonly ConvolutionShape[] = [
  { name: 'conv-i', batch: 64, channels: 1, size: 28, filters: 32, kernelSize: 5, padding: 2 },
  { name: 'conv-ii', batch: 64, channels: 32, size: 14, filters: 64, kernelSize: 5, padding: 2 },
  { name: 'conv-iii', batch: 16, channels: 64, size: 32, filters: 64, kernelSize: 3, padding: 1 },
  { name: 'conv-iv', batch: 1, channels: 64, size: 56, filters: 64, kernelSize: 3, padding: 1 },
];
