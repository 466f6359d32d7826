import { writeFileAtomic } from '@cnn/tensor/node';
import type { Callback } from '../callback.js';
import type { EpochLog } from '../events.js';

const columns = [
  'epoch',
  'trainLoss',
  'trainAccuracy',
  'testLoss',
  'testAccuracy',
  'learningRate',
  'seconds',
  'imagesPerSecond',
  'penalty',
] as const satisfies readonly (keyof EpochLog)[];

/** The history as CSV, a header and a row an epoch. */
export const historyToCsv = (history: readonly EpochLog[]): string =>
  [columns.join(','), ...history.map(row => columns.map(column => row[column] ?? '').join(',')), ''].join('\n');

const log = (name: string, file: string, format: (history: readonly EpochLog[]) => string): Callback => ({
  name,
  async onEvent(event, run) {
    if (event.type === 'epochEnd') await writeFileAtomic(file, format(run.history));
  },
});

/** Writes the history as CSV after each epoch. */
export const csvLog = (file: string): Callback => log('csvLog', file, historyToCsv);

/** Writes the history as a JSON list after each epoch. */
export const jsonLog = (file: string): Callback => log('jsonLog', file, history => `${JSON.stringify(history, null, 2)}\n`);
