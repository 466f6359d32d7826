export {
  type ArrayDatasetOptions,
  arrayDataset,
  type Dataset,
  type DatasetPair,
  type ImageShape,
  limit,
  statistics,
  subset,
} from './dataset.js';
export { type DigitsOptions, digits } from './digits.js';
export { gunzip, isGzip } from './gzip.js';
export * from './idx.js';
export { type EpochOptions, type Loader, type LoaderOptions, loader } from './loader.js';
export * from './transforms.js';
