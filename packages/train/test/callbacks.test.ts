import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormatError, OptionError } from '@cnn/tensor';
import { type Callback, type EpochLog, earlyStopping, reduceOnPlateau, type TrainingRun } from '@cnn/train';
import { csvLog, historyToCsv, jsonLog } from '@cnn/train/node';
import { describe, expect, it } from 'vitest';

const row = (epoch: number, more: Partial<EpochLog> = {}): EpochLog => ({
  epoch,
  trainLoss: 1,
  trainAccuracy: 0.5,
  learningRate: 0.1,
  seconds: 2,
  imagesPerSecond: 30,
  ...more,
});

/** Plays epochs with given figures to a callback; gives after how many it stopped the run, and the scale after each. */
async function play(callback: Callback, rows: readonly Partial<EpochLog>[]) {
  const scales: number[] = [];
  let stopped = 0;
  const run = {
    net: { variables: [] },
    history: [] as EpochLog[],
    learningRateScale: 1,
    stop: () => {
      stopped ||= run.history.length;
    },
  };
  for (const [i, more] of rows.entries()) {
    const log = row(i + 1, more);
    run.history.push(log);
    await callback.onEvent?.({ type: 'epochEnd', ...log }, run as unknown as TrainingRun);
    scales.push(run.learningRateScale);
    if (stopped) break;
  }
  return { stopped, scales };
}
const losses = (...values: number[]) => values.map(testLoss => ({ testLoss }));

describe('earlyStopping', () => {
  it.each<[string, Parameters<typeof earlyStopping>[0], readonly Partial<EpochLog>[], number]>([
    ['waits for as many epochs as it is patient', { patience: 2 }, losses(3, 2, 2, 2, 1), 4],
    ['is five epochs patient by default', {}, losses(1, 2, 2, 2, 2, 2, 2), 6],
    ['starts to wait again after each better figure', { patience: 2 }, losses(3, 4, 2, 4, 1, 4, 4), 7],
    ['does not count a change as small as minDelta', { patience: 2, minDelta: 0.5 }, losses(3, 2.5, 2.6, 1), 3],
    ['counts a larger one', { patience: 1, minDelta: 0.5 }, losses(3, 2.4, 1.8, 1.2), 0],
    ['takes minDelta as a share of the best', { patience: 1, minDelta: 0.1, relative: true }, losses(10, 8.9, 8.1), 3],
    [
      'wants accuracies to rise',
      { patience: 1, monitor: 'testAccuracy' },
      [0.1, 0.2, 0.2].map(testAccuracy => ({ testAccuracy })),
      3,
    ],
    [
      'follows training figures, too',
      { patience: 1, monitor: 'trainAccuracy' },
      [0.3, 0.2].map(trainAccuracy => ({ trainAccuracy })),
      2,
    ],
  ])('%s', async (_, options, rows, expected) => {
    expect((await play(earlyStopping(options), rows)).stopped).toBe(expected);
  });

  it('says so where there is no figure to follow', async () => {
    await expect(play(earlyStopping(), [{}])).rejects.toThrow(
      new OptionError('callback', 'monitor', 'testLoss', 'a training figure, since the run has no validation data'),
    );
  });

  it.each([
    { patience: 0 },
    { patience: 1.5 },
    { minDelta: -1 },
    { monitor: 'loss' as 'testLoss' },
    { restoreBest: 1 as never },
    { wait: 3 },
  ])('refuses %o', options => {
    expect(() => earlyStopping(options)).toThrow(OptionError);
  });
});

describe('reduceOnPlateau', () => {
  it('lowers the rate after as many epochs as it is patient, and waits anew', async () => {
    const { scales } = await play(reduceOnPlateau({ factor: 0.5, patience: 2 }), losses(3, 3, 3, 3, 3, 2, 2, 2));
    expect(scales).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]);
  });

  it('does not go below its minimum, nor up to it', async () => {
    // Each epoch is logged with a rate of 0.1, so the factor is at least 0.4, or 1.
    const lowered = (minimum: number) => play(reduceOnPlateau({ factor: 0.2, patience: 1, minimum }), losses(1, 1));
    expect((await lowered(0.04)).scales[1]).toBeCloseTo(0.4, 12);
    expect((await lowered(0.01)).scales[1]).toBeCloseTo(0.2, 12);
    expect((await lowered(0.3)).scales[1]).toBe(1);
  });

  it('is by a tenth and three epochs patient by default', async () => {
    const { scales } = await play(reduceOnPlateau(), losses(1, 1, 1, 1));
    expect(scales).toEqual([1, 1, 1, 0.1]);
  });

  it('goes on where it was', async () => {
    const first = reduceOnPlateau({ factor: 0.5, patience: 2 });
    await play(first, losses(1, 2));
    const second = reduceOnPlateau({ factor: 0.5, patience: 2 });
    second.restore!(JSON.parse(JSON.stringify(first.save!())));
    expect((await play(second, losses(3))).scales).toEqual([0.5]);
  });

  it.each([{ factor: 2 }, { patience: 0 }, { minimum: -1 }, { rate: 1 }])('refuses %o', options => {
    expect(() => reduceOnPlateau(options)).toThrow(OptionError);
  });

  it.each([null, 3, {}, { best: 'a', waited: 1 }, { best: 1, waited: -1 }])('refuses to go on from %o', data => {
    expect(() => reduceOnPlateau().restore!({ data })).toThrow(FormatError);
  });
});

describe('logs', () => {
  const history = [row(1), row(2, { testLoss: 0.25, testAccuracy: 0.75, penalty: 0.125 })];

  it('CSV has a header and a row an epoch; what there is not is empty', () => {
    expect(historyToCsv(history)).toBe(
      'epoch,trainLoss,trainAccuracy,testLoss,testAccuracy,learningRate,seconds,imagesPerSecond,penalty\n' +
        '1,1,0.5,,,0.1,2,30,\n' +
        '2,1,0.5,0.25,0.75,0.1,2,30,0.125\n',
    );
    expect(historyToCsv([])).toBe(
      'epoch,trainLoss,trainAccuracy,testLoss,testAccuracy,learningRate,seconds,imagesPerSecond,penalty\n',
    );
  });

  it('are written after each epoch, with those before a resume', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'cnn-logs-'));
    const [csv, json] = [join(dir, 'history.csv'), join(dir, 'history.json')];
    for (const log of [csvLog(csv), jsonLog(json)]) {
      await log.onEvent?.({ type: 'epochEnd', ...history[1]! }, { history } as unknown as TrainingRun);
    }
    expect(await readFile(csv, 'utf8')).toBe(historyToCsv(history));
    expect(JSON.parse(await readFile(json, 'utf8'))).toEqual(history);
    await rm(dir, { recursive: true });
  });
});
