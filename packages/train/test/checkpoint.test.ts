import { crc32 } from 'node:zlib';
import { cpu } from '@cnn/backend-cpu';
import { formatSafetensors, parseSafetensors, type SafetensorsTensor } from '@cnn/layers';
import { adam } from '@cnn/optim';
import { FormatError } from '@cnn/tensor';
import { type Checkpoint, earlyStopping, fit, formatCheckpoint, parseCheckpoint } from '@cnn/train';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitsOf, crossEntropy, digitLoaders, smallNet, watch } from './helpers.js';

const backend = await cpu();
const { data, validation } = digitLoaders(40, 20);

/** A net, how to go on with it, and the file of a checkpoint in the middle of its second epoch. */
async function madeRun() {
  const net = smallNet(backend);
  const options = () => ({
    net,
    loss: crossEntropy,
    optimizer: adam(),
    data,
    validation,
    epochs: 2,
    callbacks: [earlyStopping()],
  });
  let file: Uint8Array = new Uint8Array();
  const save = watch('save', async (event, run) => {
    if (event.type === 'step' && event.step === 3) file = formatCheckpoint(await run.checkpoint());
  });
  await fit({ ...options(), callbacks: [save, ...options().callbacks] });
  return { net, file, resume: (checkpoint: Checkpoint) => fit({ ...options(), resume: checkpoint }) };
}

const { net, file, resume } = await madeRun();

/** The file with other contents, and with the checksum that these have. */
function changed(
  change: (run: Record<string, unknown>, tensors: Map<string, SafetensorsTensor>, metadata: Record<string, string>) => void,
): Uint8Array {
  const { tensors, metadata } = parseSafetensors(file, 'test');
  const { checksum: _, ...rest } = metadata;
  const texts: Record<string, string> = rest;
  const copies = new Map(tensors);
  const run = JSON.parse(texts.run!);
  texts.run = '';
  change(run, copies, texts);
  if (texts.run === '') texts.run = JSON.stringify(run);
  const checksum = crc32(formatSafetensors(copies, texts)).toString(16).padStart(8, '0');
  return formatSafetensors(copies, { ...texts, checksum });
}

describe('a checkpoint', () => {
  it('comes back from its bytes as it was', () => {
    const checkpoint = parseCheckpoint(file, 'test');
    expect(checkpoint).toMatchObject({
      step: 3,
      epoch: 1,
      batch: 1,
      optimizerSteps: 3,
      images: 60,
      learningRate: 0.001,
      learningRateScale: 1,
    });
    expect(checkpoint.history.length).toBe(1);
    expect([...checkpoint.tensors.keys()].sort()).toEqual(
      [
        ...net.state.map(({ name }) => name),
        ...net.parameters.flatMap(({ name }) => [name, `${name}/firstMoment`, `${name}/secondMoment`]),
      ].sort(),
    );
    expect(Object.keys(checkpoint.callbacks.earlyStopping!.arrays!).sort()).toEqual(net.variables.map(({ name }) => name).sort());
    expect(formatCheckpoint(checkpoint)).toEqual(file);
  });

  it('keeps all that callbacks save, whatever their names', () => {
    const checkpoint = parseCheckpoint(file, 'test');
    const callbacks = {
      'acme/swa': { data: { n: 1 }, arrays: { 'conv.weight': Float32Array.of(1, 2), count: Int32Array.of(-3) } },
      acme: { data: [null, 'x'], arrays: { 'swa/conv.weight': Float64Array.of(0.1) } },
      constructor: { data: 5, arrays: { mask: Uint8Array.of(7) } },
      empty: { data: null, arrays: {} },
    };
    expect(parseCheckpoint(formatCheckpoint({ ...checkpoint, callbacks }), 'test').callbacks).toEqual(callbacks);
  });
});

describe('a damaged checkpoint', () => {
  it('is refused at any length', () => {
    const lengths = new Set([
      ...Array(300).keys(),
      ...Array.from({ length: 100 }, (_, i) => Math.floor((i * file.length) / 100)),
      file.length - 1,
    ]);
    for (const length of lengths)
      expect(() => parseCheckpoint(file.subarray(0, length), 'test'), String(length)).toThrow(FormatError);
    const longer = new Uint8Array(file.length + 1);
    longer.set(file);
    expect(() => parseCheckpoint(longer, 'test')).toThrow(FormatError);
  });

  it('is refused where any bit has changed', () => {
    const headerEnd = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    const place = fc.oneof(fc.nat({ max: headerEnd - 1 }), fc.nat({ max: file.length - 1 }));
    const refused = (byte: number, bit: number): void => {
      const flipped = file.slice();
      flipped[byte]! ^= 1 << bit;
      expect(() => parseCheckpoint(flipped, 'test')).toThrow(FormatError);
    };
    fc.assert(fc.property(place, fc.nat({ max: 7 }), refused), { numRuns: 500 });
  });

  it.each<[string, Parameters<typeof changed>[0], string]>([
    [
      'another format',
      (_, __, metadata) => {
        metadata.format = 'pt';
      },
      'test: not a checkpoint',
    ],
    [
      'a newer version',
      (_, __, metadata) => {
        metadata.version = '2';
      },
      'test: a checkpoint of version 2; this release reads 1',
    ],
    [
      'no run',
      (_, __, metadata) => {
        delete metadata.run;
      },
      'test: a checkpoint without its run',
    ],
    [
      'a list for a run',
      (_, __, metadata) => {
        metadata.run = '[]';
      },
      'test: a checkpoint without its run',
    ],
    [
      'a run that is not JSON',
      (_, __, metadata) => {
        metadata.run = '{"step":';
      },
      'test: its run is damaged: ',
    ],
    [
      'no step',
      run => {
        delete run.step;
      },
      "test: its run is damaged: test: option 'step' is undefined",
    ],
    [
      'a step of 1.5',
      run => {
        run.step = 1.5;
      },
      "test: its run is damaged: test: option 'step' is 1.5; allowed: a whole number >= 0",
    ],
    [
      'no sums',
      run => {
        run.running = { loss: 1 };
      },
      'allowed: an object with the numbers loss, correct, images',
    ],
    [
      'a history of null',
      run => {
        run.history = [null];
      },
      "option 'history' is [null]",
    ],
    [
      'something unknown',
      run => {
        run.prophecy = 1;
      },
      "option 'prophecy' is 1; allowed: no option of this name",
    ],
    [
      'no callbacks',
      run => {
        run.callbacks = 3;
      },
      "option 'callbacks' is 3; allowed: an object",
    ],
    [
      'an unknown tensor',
      (_, tensors) => {
        tensors.set('more', tensors.get('net/fc.bias')!);
      },
      "test: a tensor 'more' that is of no part of a run",
    ],
    [
      'an array of no callback',
      (_, tensors) => {
        tensors.set('callback/x/y', tensors.get('net/fc.bias')!);
      },
      "test: a tensor 'callback/x/y' that is",
    ],
  ])('with %s is refused', (_, change, message) => {
    const attempt = () => parseCheckpoint(changed(change), 'test');
    expect(attempt).toThrow(FormatError);
    expect(attempt).toThrow(message);
  });

  it.each<[string, Parameters<typeof changed>[0], string]>([
    ['a missing tensor', (_, tensors) => tensors.delete('net/fc.bias'), "checkpoint: there is no 'fc.bias' in it"],
    [
      'a missing slot',
      (_, tensors) => tensors.delete('net/fc.bias/firstMoment'),
      "checkpoint: there is no 'fc.bias/firstMoment' in it",
    ],
    [
      'another shape',
      (_, tensors) => tensors.set('net/fc.bias', { ...tensors.get('net/fc.bias')!, shape: [10, 1] }),
      "checkpoint: 'fc.bias' is [10, 1] in it, [10] in the run",
    ],
    [
      'another type',
      (_, tensors) => tensors.set('net/fc.bias', { dtype: 'int32', shape: [10], data: new Int32Array(10) }),
      "checkpoint: 'fc.bias' is int32 in it, float32 in the run",
    ],
    [
      'a damaged callback',
      run => {
        run.callbacks = { earlyStopping: { best: 'x', waited: 0 } };
      },
      `checkpoint: what 'earlyStopping' saved is damaged: {"best":"x","waited":0}`,
    ],
    [
      'a callback without its data',
      run => {
        run.callbacks = { earlyStopping: null };
      },
      "checkpoint: what 'earlyStopping' saved is damaged: null",
    ],
  ])('with %s changes nothing', async (_, change, message) => {
    const before = await bitsOf(net.variables);
    const live = backend.live();
    const attempt = resume(parseCheckpoint(changed(change), 'test'));
    await expect(attempt).rejects.toThrow(FormatError);
    await expect(attempt).rejects.toThrow(message);
    expect(await bitsOf(net.variables)).toEqual(before);
    expect(backend.live()).toBe(live);
  });
});
