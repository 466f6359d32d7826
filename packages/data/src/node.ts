export { type CachedData, cachedData, cacheFolder } from './node/cache.js';
export { DownloadError, type DownloadOptions, download } from './node/download.js';
export { type DatasetName, type OpenOptions, openDataset } from './node/open.js';
