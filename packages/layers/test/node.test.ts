import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuReference } from '@cnn/backend-cpu';
import { FormatError, OptionError } from '@cnn/tensor';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { initialise, linear, loadWeights, relu, sequential, standardLayers } from '../src/index.js';
import { FileError, readModel, readWeights, writeFileAtomic, writeModel, writeWeights } from '../src/node.js';
import { rejectionOf } from './helpers.js';

/** A disk with room for so many more bytes; undefined for enough. */
const disk = vi.hoisted(() => ({ room: undefined as number | undefined }));
vi.mock('node:fs/promises', async importOriginal => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const open: typeof real.open = async (...args) => {
    const handle = await real.open(...args);
    const writeFile = handle.writeFile.bind(handle);
    handle.writeFile = async (data, options) => {
      const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : (data as Uint8Array);
      if (disk.room === undefined || bytes.length <= disk.room) return writeFile(data, options);
      await writeFile(bytes.subarray(0, disk.room));
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    };
    return handle;
  };
  return { ...real, open };
});

const backend = cpuReference({ poison: true });
const model = sequential({ fc: linear({ units: 2 }), act: relu() });
let folder = '';
beforeEach(async () => {
  disk.room = undefined;
  folder = await mkdtemp(join(tmpdir(), 'cnn-layers-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('weight files', () => {
  it('come back', async () => {
    const path = join(folder, 'model.safetensors');
    const [net, other] = [
      initialise(model, { backend, input: [3], seed: 1 }),
      initialise(model, { backend, input: [3], seed: 2 }),
    ];
    await writeWeights(path, net, { note: 'x' });
    const file = await readWeights(path);
    expect(file.source).toBe(path);
    expect(file.metadata.note).toBe('x');
    loadWeights(other, file);
    expect(other.variable('fc.weight').value.dataSync()).toEqual(net.variable('fc.weight').value.dataSync());
    expect(await readdir(folder)).toEqual(['model.safetensors']);
    for (const t of [net, other]) t.dispose();
    expect(backend.live()).toBe(0);
  });

  it('are refused where they are missing or cut off', async () => {
    const path = join(folder, 'a.safetensors');
    const missing = await rejectionOf(readWeights(path));
    expect(missing).toBeInstanceOf(FileError);
    expect(missing.message).toContain(`${path}: cannot be read (ENOENT`);
    await writeFile(path, Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 123));
    const cut = (await rejectionOf(readWeights(path))) as FormatError;
    expect(cut).toBeInstanceOf(FormatError);
    expect([cut.source, cut.offset]).toEqual([path, 9]);
  });
});

describe('model files', () => {
  it('come back with their details', async () => {
    const path = join(folder, 'model.json');
    const details = { input: [3], classes: ['no', 'yes'], normalise: { mean: [0.1], deviation: [0.3] } };
    await writeModel(path, model, details);
    expect(await readModel(path, standardLayers)).toEqual({ model, ...details });
    expect(JSON.parse(await readFile(path, 'utf8')).format).toBe('cnn-model');
    await writeModel(path, model);
    expect(await readModel(path, standardLayers)).toEqual({ model });
  });

  it('are refused by name', async () => {
    const path = join(folder, 'model.json');
    await writeFile(path, '{"format": ');
    const broken = await rejectionOf(readModel(path, standardLayers));
    expect(broken).toBeInstanceOf(FormatError);
    expect(broken.message).toContain(`${path}: is not JSON: `);
    await writeFile(path, Uint8Array.of(0x22, 0xff, 0x22));
    expect(await rejectionOf(readModel(path, standardLayers))).toBeInstanceOf(FormatError);
    await writeFile(path, '{"format":"cnn-model","version":1,"model":{"type":"linear","units":0}}');
    const option = await rejectionOf(readModel(path, standardLayers));
    expect(option).toBeInstanceOf(OptionError);
    expect(option.message).toContain(`${path}: model: linear: option 'units' is 0`);
  });
});

describe('writeFileAtomic', () => {
  it('replaces a file, and keeps the old one on a full disk', async () => {
    const path = join(folder, 'a');
    await writeFileAtomic(path, 'old');
    await writeFileAtomic(path, Uint8Array.of(110, 101, 119));
    expect(await readFile(path, 'utf8')).toBe('new');
    disk.room = 2;
    const full = (await rejectionOf(writeFileAtomic(path, 'longer'))) as FileError;
    expect(full).toBeInstanceOf(FileError);
    expect(full.message).toBe(`${path}: cannot be written (ENOSPC: no space left on device, write)`);
    expect((full.cause as { code: string }).code).toBe('ENOSPC');
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('leaves nothing behind where the name is a folder or there is none', async () => {
    const path = join(folder, 'taken');
    await mkdir(path);
    expect(await rejectionOf(writeFileAtomic(path, 'x'))).toBeInstanceOf(FileError);
    expect(await readdir(folder)).toEqual(['taken']);
    const nowhere = await rejectionOf(writeFileAtomic(join(folder, 'no', 'a'), 'x'));
    expect(nowhere).toBeInstanceOf(FileError);
    expect(nowhere.message).toMatch(/cannot be written \(ENOENT/);
    expect(await readdir(folder)).toEqual(['taken']);
  });

  it('gives two writers at once a whole file of either', async () => {
    const path = join(folder, 'a');
    const texts = ['x'.repeat(100_000), 'y'.repeat(50_000)];
    await Promise.all(texts.map(text => writeFileAtomic(path, text)));
    expect(texts).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toEqual(['a']);
  });
});
