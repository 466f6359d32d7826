export { type ColourHistogramOptions, colourHistogram } from './colour-histogram.js';
export {
  type ConvolutionExtent,
  convolve,
  convolve2d,
  crossCorrelate,
  crossCorrelate2d,
  type Picture,
  type Signal,
  SOBEL_X,
  SOBEL_Y,
} from './convolution.js';
export { type HogOptions, hog } from './hog.js';
export { type Clusters, type KMeansOptions, kMeans, nearestCentres } from './k-means.js';
export {
  fitLinearClassifier,
  type LinearClassifier,
  type LinearClassifierOptions,
  predictLinear,
  templates,
} from './linear-classifier.js';
export { type NearestNeighbours, type NearestNeighboursOptions, nearestNeighbours } from './nearest-neighbours.js';
export type { Samples } from './samples.js';
export { fitAdaline, fitPerceptron, predictUnit, type ThresholdUnit, type ThresholdUnitOptions } from './threshold-unit.js';
export { type PatchesOptions, patches, visualWords } from './visual-words.js';
