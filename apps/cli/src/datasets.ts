import type { DatasetPair } from '@cnn/data';
import { type DatasetName, openDataset } from '@cnn/data/node';
import { UsageError } from '@cnn/tensor';
import { progressBar } from './progress.js';

/** The datasets of this command. */
export const datasetNames = ['digits', 'mnist', 'fashion-mnist', 'cifar10', 'folder'] as const satisfies readonly DatasetName[];

/** Options of {@link openData}. */
export interface OpenDataOptions {
  readonly dataDir?: string;
  /** The shape that a model takes: image files are brought to it. */
  readonly input?: readonly [number, number, number];
  readonly json?: boolean;
}

/** Opens a dataset by the name on the command line, with a progress bar for downloads and decoding. */
export async function openData(name: DatasetName, { dataDir, input, json }: OpenDataOptions): Promise<DatasetPair> {
  if (name === 'folder' && dataDir === undefined)
    throw new UsageError(`--data folder needs --data-dir with the folder of class folders`);
  if (name === 'digits' && dataDir !== undefined) throw new UsageError(`--data digits takes no --data-dir: digits are generated`);
  const bar = progressBar(`reading ${name}`, !json);
  try {
    return await openDataset(name, {
      ...(dataDir !== undefined && { dataDir }),
      ...(name === 'folder' && input && { folder: { size: [input[1], input[2]] as const, channels: input[0] as 1 | 3 } }),
      onProgress: ({ done, total, stage, name: item }) => bar.update(done, total ?? done, `${stage} ${item}`),
    });
  } finally {
    bar.stop();
  }
}
