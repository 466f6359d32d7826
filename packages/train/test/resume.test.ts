import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@cnn/backend-cpu';
import { digits, loader } from '@cnn/data';
import { adam, cosineAnnealing, lookahead, type Optimizer, sgd } from '@cnn/optim';
import { UsageError } from '@cnn/tensor';
import {
  averageWeights,
  type Callback,
  type Checkpoint,
  earlyStopping,
  type FitOptions,
  fit,
  formatCheckpoint,
  parseCheckpoint,
  reduceOnPlateau,
  snapshots,
} from '@cnn/train';
import { checkpoints, latestCheckpoint } from '@cnn/train/node';
import { describe, expect, it } from 'vitest';
import { bitsOf, crossEntropy, digitLoaders, placeOf, smallNet, watch, withoutTimes } from './helpers.js';

const backend = await cpu();
const { data, validation } = digitLoaders(70, 20);

interface Setting {
  readonly optimizer: Optimizer;
  readonly callbacks: () => readonly Callback[];
  readonly epochs: number;
  readonly accumulate?: number;
}

// No figure improves by so much, so what the callbacks do is known beforehand.
const never = { monitor: 'trainLoss', minDelta: 1e9 } as const;
const settings: Record<string, Setting> = {
  momentum: { optimizer: sgd({ learningRate: 0.02, momentum: 0.9 }), callbacks: () => [], epochs: 2 },
  'adam, reduceOnPlateau': {
    optimizer: adam({ learningRate: 0.01 }),
    callbacks: () => [reduceOnPlateau({ ...never, patience: 1, factor: 0.5 })],
    epochs: 3,
  },
  'adam, earlyStopping': {
    optimizer: adam({ learningRate: 0.01 }),
    callbacks: () => [earlyStopping({ ...never, patience: 1 })],
    epochs: 4,
  },
  'lookahead, accumulate, averageWeights, snapshots': {
    optimizer: lookahead({ optimizer: sgd({ learningRate: 0.02, momentum: 0.9 }), steps: 2 }),
    callbacks: () => [averageWeights({ decay: 0.7 }), snapshots({ length: 1 })],
    epochs: 2,
    accumulate: 3,
  },
};

/** Runs a setting to its end; gives its outcome, and a checkpoint file for each place where the run could have been stopped. */
async function run({ optimizer, callbacks, epochs, accumulate = 1 }: Setting, more: Partial<FitOptions> = {}) {
  const net = smallNet(backend);
  const files = new Map<string, Uint8Array>();
  const save = watch('save', async (event, run) => void files.set(placeOf(event), formatCheckpoint(await run.checkpoint())));
  try {
    const { reason } = await fit({
      net,
      loss: crossEntropy,
      optimizer,
      schedule: cosineAnnealing({ learningRate: 0.01, length: epochs }),
      data,
      validation,
      epochs,
      clip: { norm: 2 },
      accumulate,
      // Before the others: what it saves must still be what they make of the event.
      callbacks: [save, ...callbacks()],
      ...more,
    });
    return { reason, bits: await bitsOf(net.variables), files };
  } finally {
    net.dispose();
  }
}

const read = (file: Uint8Array): Checkpoint => parseCheckpoint(file, 'test');

describe.each(Object.entries(settings))('a run with %s', (_, setting) => {
  it('has the same bits when it goes on from any place', async () => {
    const whole = await run(setting);
    const places = [...whole.files.keys()];
    expect(places[0]).toBe('start');
    expect(places).toContain('step 2');
    expect(places).toContain('epochEnd 2');
    for (const [place, file] of whole.files) {
      const resumed = await run(setting, { resume: read(file) });
      expect(resumed.reason, place).toBe(whole.reason);
      expect(resumed.bits, place).toEqual(whole.bits);
      // All that was saved on the way is the same, too: weights, slots, history, callbacks, position.
      for (const [later, bytes] of resumed.files) {
        if (later === 'start') continue;
        expect(withoutTimes(read(bytes)), `${later} after ${place}`).toEqual(withoutTimes(read(whole.files.get(later)!)));
      }
    }
  });
});

it('early stopping ends a run with the weights of its best epoch', async () => {
  const whole = await run(settings['adam, earlyStopping']!);
  expect(whole.reason).toBe('stopped');
  expect([...whole.files.keys()].filter(place => place.startsWith('epochEnd'))).toEqual(['epochEnd 1', 'epochEnd 2']);
  const afterFirst = read(whole.files.get('epochEnd 1')!);
  const net = smallNet(backend);
  await fit({
    net,
    loss: crossEntropy,
    optimizer: settings['adam, earlyStopping']!.optimizer,
    schedule: cosineAnnealing({ learningRate: 0.01, length: 4 }),
    data,
    epochs: 1,
    clip: { norm: 2 },
    resume: afterFirst,
  });
  expect(await bitsOf(net.variables)).toEqual(whole.bits);
  net.dispose();
});

it('a lower learning rate stays low after a resume', async () => {
  const whole = await run(settings['adam, reduceOnPlateau']!);
  const { history } = read(whole.files.get('end')!);
  // The first epoch is the best; each later one halves the rate for those that follow. Cosine over 3 epochs of 4 steps, at the
  // last step of each: t = 0.75, 1.75, 2.75.
  const cosine = [0.75, 1.75, 2.75].map(t => 0.005 * (1 + Math.cos((Math.PI * t) / 3)));
  expect(history[0]!.learningRate).toBeCloseTo(cosine[0]!, 12);
  expect(history[1]!.learningRate).toBeCloseTo(cosine[1]!, 12);
  expect(history[2]!.learningRate).toBeCloseTo(cosine[2]! / 2, 12);
});

describe('a signal', () => {
  const setting = settings.momentum!;
  // 4 steps an epoch: before the first step, in the middle, at the last step of an epoch, between epochs, in the last epoch.
  it.each(['start', 'step 2', 'step 4', 'epochEnd 1', 'step 7'])(
    'ends the run at %s, and the run goes on from the file',
    async place => {
      const whole = await run(setting);
      const dir = await mkdtemp(join(tmpdir(), 'cnn-resume-'));
      const aborter = new AbortController();
      const stopper = watch('stopper', event => {
        if (placeOf(event) === place) aborter.abort();
      });
      const first = await run({ ...setting, callbacks: () => [checkpoints({ dir }), stopper] }, { signal: aborter.signal });
      expect(first.reason).toBe('aborted');
      const { checkpoint, broken } = await latestCheckpoint(dir);
      expect(broken).toEqual([]);
      expect(checkpoint!.step).toBe({ start: 0, 'step 2': 2, 'step 4': 4, 'epochEnd 1': 4, 'step 7': 7 }[place]);
      const second = await run({ ...setting, callbacks: () => [checkpoints({ dir })] }, { resume: checkpoint! });
      expect(second.reason).toBe('finished');
      expect(second.bits).toEqual(whole.bits);
      await rm(dir, { recursive: true });
    },
  );

  it('ends the run while it evaluates, too', async () => {
    const whole = await run(setting);
    const dir = await mkdtemp(join(tmpdir(), 'cnn-resume-'));
    const aborter = new AbortController();
    const aborting = (): ReturnType<typeof validation.epoch> => {
      aborter.abort();
      return validation.epoch(0);
    };
    const slow = { ...validation, epoch: aborting };
    const first = await run(
      { ...setting, callbacks: () => [checkpoints({ dir })] },
      { validation: slow, signal: aborter.signal },
    );
    expect(first.reason).toBe('aborted');
    const { checkpoint } = await latestCheckpoint(dir);
    expect(checkpoint).toMatchObject({ step: 4, epoch: 0, batch: 4, history: [] });
    expect((await run(setting, { resume: checkpoint! })).bits).toEqual(whole.bits);
    await rm(dir, { recursive: true });
  });

  it('that has come already lets no step be made', async () => {
    const { reason, files } = await run(setting, { signal: AbortSignal.abort() });
    expect(reason).toBe('aborted');
    expect([...files.keys()]).toEqual(['start', 'end']);
  });
});

describe('a checkpoint of another run', () => {
  const setting = settings.momentum!;
  it.each<[string, Partial<FitOptions>, string]>([
    ['optimizer', { optimizer: adam() }, 'its optimizer is {"type":"sgd",'],
    ['schedule', { schedule: cosineAnnealing({ learningRate: 0.01, length: 9 }) }, 'its schedule is'],
    ['accumulation', { accumulate: 2 }, 'its accumulate is undefined, here 2'],
    ['clip', { clip: { norm: 1 } }, 'its clip is {"norm":2}, here {"norm":1}'],
    ['data', { data: digitLoaders(60, 20).data }, 'its data is'],
    ['batch size', { data: digitLoaders(70, 10).data }, 'its data is'],
    ['order of the data', { data: digitLoaders(70, 20, { seed: 2 }).data }, 'its data is'],
    ['transforms', { data: loader(digits({ count: 70 }).train, { batchSize: 20, shuffle: true, seed: 1 }) }, 'its data is'],
    ['seed', { net: smallNet(backend, 2) }, 'its seed is 1, here 2'],
  ])('is refused: %s', async (_, other, message) => {
    const { files } = await run(setting);
    const before = backend.live();
    const attempt = run(setting, { ...other, resume: read(files.get('step 2')!) });
    await expect(attempt).rejects.toThrow(UsageError);
    await expect(attempt).rejects.toThrow(`fit: the checkpoint is of another run: ${message}`);
    expect(backend.live()).toBe(before);
  });
});
