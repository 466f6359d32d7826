import { mkdir, mkdtemp, type open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@cnn/backend-cpu';
import { sgd } from '@cnn/optim';
import { FormatError, OptionError } from '@cnn/tensor';
import { FileError } from '@cnn/tensor/node';
import { type Callback, type FitOptions, fit } from '@cnn/train';
import { type CheckpointsOptions, checkpoints, latestCheckpoint } from '@cnn/train/node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { crossEntropy, digitLoaders, smallNet, watch } from './helpers.js';

// A disk that is full as soon as a test says so.
const disk = vi.hoisted(() => ({ full: false }));
vi.mock('node:fs/promises', async original => {
  const real = await original<typeof import('node:fs/promises')>();
  const openReal: typeof open = async (...args) => {
    const handle = await real.open(...args);
    if (!disk.full) return handle;
    handle.write = async () => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    };
    return handle;
  };
  return { ...real, open: openReal };
});

const backend = await cpu();
const { data } = digitLoaders(80, 20); // 4 steps an epoch
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cnn-checkpoints-'));
});
afterEach(async () => {
  disk.full = false;
  await rm(dir, { recursive: true });
});

async function train(options: Partial<CheckpointsOptions>, { epochs = 2, callbacks = [], ...more }: Partial<FitOptions> = {}) {
  const net = smallNet(backend);
  const all: Callback[] = [checkpoints({ dir: join(dir, 'made'), ...options }), ...callbacks];
  return fit({ net, loss: crossEntropy, optimizer: sgd(), data, epochs, callbacks: all, ...more }).finally(() => net.dispose());
}
const files = async (): Promise<string[]> => (await readdir(join(dir, 'made'))).sort();
const file = (step: number): string => `step-0000000${step}.safetensors`;

describe('checkpoints', () => {
  it('saves at the end of each epoch', async () => {
    await train({});
    expect(await files()).toEqual([file(4), file(8)]);
    expect((await latestCheckpoint(join(dir, 'made'))).checkpoint).toMatchObject({ step: 8, epoch: 2, batch: 0 });
  });

  it('saves every few steps, too', async () => {
    await train({ everySteps: 3, keep: 99 });
    expect(await files()).toEqual([3, 4, 6, 8].map(file));
  });

  it('saves when some time has passed', async () => {
    const slow = watch('slow', async event => {
      if (event.type === 'step' && event.step === 2) await new Promise(resolve => setTimeout(resolve, 250));
    });
    // The wait ends after step 2 was seen by `checkpoints`, so step 3 is the next to be saved.
    await train({ everySeconds: 0.2, keep: 99 }, { epochs: 1, callbacks: [slow] });
    expect(await files()).toEqual([3, 4].map(file));
  });

  it('keeps the newest few', async () => {
    await train({ everySteps: 1, keep: 2 });
    expect(await files()).toEqual([7, 8].map(file));
    await train({ everySteps: 1, keep: 1 });
    expect(await files()).toEqual([8].map(file));
  });

  it('removes what a run before left, and nothing else', async () => {
    await train({ keep: 99 }, { epochs: 2 });
    await writeFile(join(dir, 'made', 'notes.txt'), 'mine');
    const seen: string[][] = [];
    await train(
      { keep: 99 },
      { epochs: 1, callbacks: [watch('look', async event => void (event.type === 'step' && seen.push(await files())))] },
    );
    // Up to its own first file, the older ones are there to go back to.
    expect(seen.at(-1)).toEqual(['notes.txt', file(4), file(8)]);
    expect(await files()).toEqual(['notes.txt', file(4)]);
  });

  it('keeps the older files and says what is wrong when the disk is full', async () => {
    const fill = watch('fill', event => {
      if (event.type === 'step' && event.step === 5) disk.full = true;
    });
    const attempt = train({ everySteps: 2 }, { callbacks: [fill] });
    await expect(attempt).rejects.toThrow(FileError);
    await expect(attempt).rejects.toThrow(
      `${join(dir, 'made', file(6))}: cannot be written (ENOSPC: no space left on device, write)`,
    );
    // Nothing half-written is left.
    expect(await files()).toEqual([2, 4].map(file));
    expect((await latestCheckpoint(join(dir, 'made'))).checkpoint).toMatchObject({ step: 4, epoch: 1 });
  });

  it('says so when the folder cannot be made', async () => {
    await writeFile(join(dir, 'made'), 'a file');
    await expect(train({})).rejects.toThrow(FileError);
  });

  it.each([{ everySteps: 0 }, { everySeconds: 0 }, { keep: 0 }, { dir: '' }, { every: 3 }])('refuses %o', options => {
    expect(() => checkpoints({ dir, ...options })).toThrow(OptionError);
  });
});

describe('latestCheckpoint', () => {
  it('finds none where there is no folder, or nothing in it', async () => {
    expect(await latestCheckpoint(join(dir, 'none'))).toEqual({ broken: [] });
    await writeFile(join(dir, 'step-1.txt'), '');
    expect(await latestCheckpoint(dir)).toEqual({ broken: [] });
  });

  it('goes back to the newest whole file and says what is wrong with newer ones', async () => {
    await train({ everySteps: 1, keep: 99 }, { epochs: 1 });
    const made = join(dir, 'made');
    const whole = await readFile(join(made, file(4)));
    await writeFile(join(made, file(4)), whole.subarray(0, 1000));
    await writeFile(join(made, file(3)), '');
    await writeFile(join(made, file(5)), whole);
    await mkdir(join(made, file(6)));
    const { checkpoint, file: found, broken } = await latestCheckpoint(made);
    expect(checkpoint!.step).toBe(2);
    expect(found).toBe(join(made, file(2)));
    expect(broken.map(error => error.constructor)).toEqual([FileError, FormatError, FormatError, FormatError]);
    expect(broken.map(error => error.message)).toEqual([
      expect.stringContaining(`${join(made, file(6))}: cannot be read`),
      `${join(made, file(5))}: it is of step 4`,
      expect.stringContaining(`${join(made, file(4))} at byte 1000: truncated`),
      expect.stringContaining(`${join(made, file(3))} at byte 0: truncated`),
    ]);
    expect((await stat(join(made, file(4)))).size).toBe(1000);
  });

  it('says so when the folder is a file', async () => {
    await writeFile(join(dir, 'made'), '');
    await expect(latestCheckpoint(join(dir, 'made'))).rejects.toThrow(FileError);
  });
});
