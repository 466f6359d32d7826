export * from './cifar.js';
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
export { type ImageFile, type ImageFoldersOptions, imageFolders } from './folders.js';
export { gunzip, isGzip } from './gzip.js';
export * from './idx.js';
export { type DecodeImageOptions, decodeImage, fitImage, type Image } from './image.js';
export { type EpochOptions, type Loader, type LoaderOptions, loader } from './loader.js';
export { type PixelStatistics, pixelStatistics } from './pixel-statistics.js';
export {
  type ColourPca,
  fitColourPca,
  fitPrincipalComponents,
  type PrincipalComponents,
  type PrincipalComponentsOptions,
} from './principal-components.js';
export type { OnProgress, Progress } from './progress.js';
export { type ArchiveFile, untar } from './tar.js';
export * from './transforms/index.js';
