import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuReference } from '@cnn/backend-cpu';
import { FormatError, OptionError } from '@cnn/tensor';
import { FileError } from '@cnn/tensor/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { initialise, linear, loadWeights, relu, sequential, standardLayers } from '../src/index.js';
import { readModel, readWeights, writeModel, writeWeights } from '../src/node.js';
import { rejectionOf } from './helpers.js';

const backend = cpuReference({ poison: true });
const model = sequential({ fc: linear({ units: 2 }), act: relu() });
let folder = '';
beforeEach(async () => {
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
