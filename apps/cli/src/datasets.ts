import type { DatasetPair } from '@cnn/data';
import { type DatasetName, openDataset } from '@cnn/data/node';
import { progressBar } from './progress.js';

/** Options of {@link openData}. */
export interface OpenDataOptions {
  readonly dataDir?: string;
  /** The shape that a model takes: image files are brought to it. */
  readonly input?: readonly [number, number, number];
  readonly json?: boolean;
}

/** Opens a dataset by the name on the command line, with a progress bar for downloads and decoding. */
export async function openData(name: string, { dataDir, input, json }: OpenDataOptions): Promise<DatasetPair> {
  const bar = progressBar(`reading ${name}`, !json);
  try {
    return await openDataset(name as DatasetName, {
      ...(dataDir !== undefined && { dataDir }),
      ...(name === 'folder' && input && { folder: { size: [input[1], input[2]] as const, channels: input[0] as 1 | 3 } }),
      onProgress: ({ done, total, stage, name: item }) => bar.update(done, total ?? done, `${stage} ${item}`),
    });
  } finally {
    bar.stop();
  }
}
