import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { lastLine, useCommand } from './command.js';
import { idx, tinyModel, writeTiny } from './tiny-data.js';

const used = useCommand();
const train = (...args: string[]) => used.command.run(used.dir, 'train', ...args);
const file = (...path: string[]) => readFile(join(used.dir, ...path));

/**
 * Trains where no file may have more than 20 KiB; a checkpoint of the tiny model has three tensors of 2,682 floats. The shell
 * ignores the signal that this limit sends, so that writing fails as on a full disk.
 */
function onFullDisk(...args: string[]) {
  const shell = ['-c', `trap '' XFSZ; ulimit -f 20; exec "$@"`, 'bash'];
  const command = [process.execPath, join(used.command.folder, 'main.js'), 'train', ...args];
  return spawnSync('bash', [...shell, ...command], { cwd: used.dir, encoding: 'utf8' });
}

describe('cnn train --profile', () => {
  it('shows where the time went, leaves a trace, and changes no number', async () => {
    const args = ['--limit', '256', '--epochs', '1', '--seed', '7'];
    const plain = await train(...args, '--out', 'plain', '--json');
    const { code, stdout, stderr } = await train(...args, '--out', 'watched', '--profile', '--threads', '2');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const table = (await file('watched', 'profile.txt')).toString();
    expect(stdout).toContain(table);
    expect(table).toMatch(/conv2dWeightGrad +8 /);
    const { traceEvents } = JSON.parse((await file('watched', 'trace.json')).toString());
    const spans = traceEvents.filter(({ ph }: { ph: string }) => ph === 'X').map(({ name }: { name: string }) => name);
    expect(spans.filter((name: string) => name === 'conv2dWeightGrad')).toHaveLength(8);
    expect(await file('watched', 'model.safetensors')).toEqual(await file('plain', 'model.safetensors'));
    expect(lastLine(plain.stdout)).toMatchObject({
      testAccuracy: JSON.parse((await file('watched', 'result.json')).toString()).testAccuracy,
    });
  });

  it('has no threads where a backend has none', async () => {
    const { code, stderr } = await train('--threads', '2', '--backend', 'cpu:reference');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('--threads') });
  });
});

describe('cnn train --backend', () => {
  it('gives the losses of cpu on gpu.js, and says in which mode it ran', async () => {
    const args = ['--limit', '128', '--batch', '32', '--epochs', '1', '--seed', '5', '--json'];
    const [cpu, gpu] = [await train(...args, '--out', 'cpu'), await train(...args, '--out', 'gpu', '--backend', 'gpujs:cpu')];
    const [wanted, got] = [cpu, gpu].map(({ stdout }) => lastLine(stdout) as { trainLoss: number; testLoss: number });
    expect(Math.abs(got!.trainLoss / wanted!.trainLoss - 1)).toBeLessThan(1e-3);
    expect(Math.abs(got!.testLoss / wanted!.testLoss - 1)).toBeLessThan(1e-3);
    expect(JSON.parse((await file('gpu', 'run.json')).toString())).toMatchObject({ backend: 'gpujs:cpu', build: 'cpu' });
  });
});

describe('cnn train with a recipe', () => {
  const recipe = ['--augment', 'crop,mixup', '--schedule', 'one-cycle', '--lr', '0.01', '--l2', '0.001', '--max-norm', '1'];
  const more = ['--optimizer', '{"type":"lookahead","optimizer":{"type":"sgd","learningRate":0.01}}', '--label-smoothing', '0.1'];

  it('does as it is told, and goes on only with the same', async () => {
    const tiny = [...(await writeTiny(used.dir)), '--epochs', '2', '--out', 'run'];
    const { code, stderr } = await train(...tiny, ...recipe, '--weight-decay', '0.01', '--optimizer', 'adamW');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { settings } = JSON.parse((await file('run', 'run.json')).toString());
    expect(settings).toMatchObject({
      augment: ['crop', 'mixup'],
      schedule: { type: 'oneCycle', learningRate: 0.01, length: 3 },
      regularisation: [{ match: 'weight', l2: 0.001, maxNorm: 1 }],
      optimizer: { type: 'adamW', weightDecay: 0.01 },
    });
    const [header, ...rows] = (await file('run', 'history.csv')).toString().trim().split('\n');
    const penalty = header!.split(',').indexOf('penalty');
    for (const row of rows) expect(Number(row.split(',')[penalty])).toBeGreaterThan(0);
    expect((await file('run', 'report.html')).toString()).toContain('Penalty');

    const other = await train(
      ...tiny,
      ...recipe,
      '--weight-decay',
      '0.01',
      '--optimizer',
      'adamW',
      '--augment',
      'crop',
      '--resume',
    );
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining("its augment.1 is 'mixup', here undefined") });
  });

  it('takes an optimizer as JSON', async () => {
    const { code, stderr } = await train(...(await writeTiny(used.dir)), ...more, '--epochs', '1', '--out', 'run');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { settings } = JSON.parse((await file('run', 'run.json')).toString());
    expect(settings).toMatchObject({ optimizer: { type: 'lookahead', optimizer: { type: 'sgd' } }, labelSmoothing: 0.1 });
  });
});

describe('cnn train', () => {
  it('trains LeNet-5 on 500 digits and leaves all of it in a folder', async () => {
    const { code, stdout, stderr } = await train('--limit', '500', '--epochs', '1', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const result = lastLine(stdout) as Record<string, number>;
    expect(Object.keys(result)).toEqual([
      'testAccuracy',
      'testLoss',
      'trainLoss',
      'epochs',
      'imagesPerSecond',
      'seconds',
      'parameters',
      'out',
    ]);
    expect(result).toMatchObject({ epochs: 1, parameters: 61706, out: 'runs/digits-lenet5-0' });
    expect(result.testAccuracy).toBeGreaterThan(0.15);
    expect(result.testLoss).toBeLessThan(Math.log(10));
    expect(result.imagesPerSecond! * result.seconds!).toBeCloseTo(500, 6);
    const out = ['runs', 'digits-lenet5-0'];
    expect((await readdir(join(used.dir, ...out))).sort()).toEqual([
      'checkpoints',
      'history.csv',
      'model.json',
      'model.safetensors',
      'report.html',
      'result.json',
      'run.json',
    ]);
    // 500 images are 7 batches of 64 and one of 52.
    expect(await readdir(join(used.dir, ...out, 'checkpoints'))).toEqual(['step-00000008.safetensors']);
    expect(
      (await file(...out, 'history.csv'))
        .toString()
        .split('\n')
        .map(line => line.split(',')[0]),
    ).toEqual(['epoch', '1', '']);
    const model = JSON.parse((await file(...out, 'model.json')).toString());
    expect(model).toMatchObject({
      format: 'cnn-model',
      input: [1, 28, 28],
      classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    });
    expect((await file(...out, 'report.html')).toString()).toContain('lenet5 on digits');
    // The test set whole: a confusion matrix of 2,000 images, so accuracies are multiples of 1/2000.
    expect((result.testAccuracy! * 2000) % 1).toBeCloseTo(0, 9);
  });

  it('says what it does in lines of plain text', async () => {
    const tiny = await writeTiny(used.dir);
    const { code, stdout, stderr } = await train(...tiny, '--epochs', '2', '--out', 'out');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    // 4 filters of 25 weights and a bias, 4 scales and shifts, 10 classes of 4 x 8 x 8 features.
    expect(stdout).toMatch(
      new RegExp(
        [
          '^tiny.json on mnist: 2682 parameters, 60 training and 12 test images',
          ...[1, 2].map(
            epoch =>
              `epoch ${epoch}: train loss \\d\\.\\d{4}, train accuracy \\d+\\.\\d\\d %, test loss \\d\\.\\d{4}, test accuracy \\d+\\.\\d\\d %, \\d+ images/s`,
          ),
          'test accuracy \\d+\\.\\d\\d %, \\d+ images/s, \\d+\\.\\d s of training',
          'report: out/report.html',
          '$',
        ].join('\n'),
      ),
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it('gives the same weights in any folder, and others for another seed', async () => {
    const tiny = await writeTiny(used.dir);
    const outs = { a: '3', 'deep/er': '3', c: '4' };
    for (const [out, seed] of Object.entries(outs)) {
      const { code } = await train(...tiny, '--epochs', '1', '--seed', seed, '--out', out, '--json');
      expect(code).toBe(0);
    }
    const weights = await file('a', 'model.safetensors');
    expect(weights.equals(await file('deep', 'er', 'model.safetensors'))).toBe(true);
    expect(weights.equals(await file('c', 'model.safetensors'))).toBe(false);
  });

  it('takes the images of --limit and the whole test set', async () => {
    const tiny = await writeTiny(used.dir);
    const { stdout } = await train(...tiny, '--epochs', '1', '--limit', '25');
    expect(stdout).toContain('25 training and 12 test images');
  });

  it('keeps the older checkpoints, says so and fails when the disk is full', async () => {
    const tiny = [...(await writeTiny(used.dir)), '--epochs', '3', '--out', 'out'];
    await train(...tiny);
    const weights = await file('out', 'model.safetensors');
    for (const name of ['result.json', 'model.safetensors', 'report.html', 'checkpoints/step-00000018.safetensors'])
      await rm(join(used.dir, 'out', name));
    const { status, stderr } = onFullDisk(...tiny, '--resume');
    expect(stderr).toBe('cnn: out/checkpoints/step-00000018.safetensors: cannot be written (EFBIG: file too large, write)\n');
    expect(status).toBe(1);
    expect((await readdir(join(used.dir, 'out'))).sort()).toEqual(['checkpoints', 'history.csv', 'model.json', 'run.json']);
    expect(await readdir(join(used.dir, 'out', 'checkpoints'))).toEqual([
      'step-00000006.safetensors',
      'step-00000012.safetensors',
    ]);
    // With room again, the run ends as it would have.
    expect((await train(...tiny, '--resume')).code).toBe(0);
    expect((await file('out', 'model.safetensors')).equals(weights)).toBe(true);
  });

  it('leaves nothing of an earlier run in the folder, also when it fails', async () => {
    const tiny = [...(await writeTiny(used.dir)), '--epochs', '3', '--out', 'out'];
    await train(...tiny);
    expect(onFullDisk(...tiny, '--seed', '1').status).toBe(1);
    expect((await readdir(join(used.dir, 'out'))).sort()).toEqual(['checkpoints', 'history.csv', 'model.json', 'run.json']);
    expect(await readdir(join(used.dir, 'out', 'checkpoints'))).toEqual([]);
    expect((await file('out', 'history.csv')).toString().trim().split('\n').length).toBe(2);
  });
});

/** Two linear layers on the pixels: nine scores, then ten. */
const heads = [
  { name: 'pixels', layer: { type: 'flatten' }, inputs: ['x'] },
  { name: 'b', layer: { type: 'linear', units: 9 }, inputs: ['pixels'] },
  { name: 'a', layer: { type: 'linear', units: 10 }, inputs: ['pixels'] },
];

describe('cnn train on what it finds', () => {
  it('takes an optimizer by its name in any case', async () => {
    const tiny = [...(await writeTiny(used.dir)), '--epochs', '1', '--out', 'out'];
    expect((await train(...tiny, '--optimizer', 'adamw')).code).toBe(0);
    const adamw = await file('out', 'model.safetensors');
    expect((await train(...tiny, '--optimizer', 'adamW')).code).toBe(0);
    expect((await file('out', 'model.safetensors')).equals(adamw)).toBe(true);
  });

  it('takes nothing away that is not of a run', async () => {
    const tiny = [...(await writeTiny(used.dir)), '--epochs', '1', '--out', 'mine'];
    await mkdir(join(used.dir, 'mine', 'checkpoints'), { recursive: true });
    await writeFile(join(used.dir, 'mine', 'checkpoints', 'precious.txt'), 'kept');
    for (const more of [[], ['--resume']]) {
      const { code, stderr } = await train(...tiny, ...more);
      expect(stderr).toContain(
        'cnn: mine holds checkpoints but no run.json, so it is not the folder of a run; choose another --out\n',
      );
      expect(code).toBe(1);
    }
    expect(await readdir(join(used.dir, 'mine'))).toEqual(['checkpoints']);
    expect((await file('mine', 'checkpoints', 'precious.txt')).toString()).toBe('kept');
  });

  it.each([
    ['one class', ['cat'], "photos train has one class, 'cat'; there is nothing to tell apart"],
    ['an empty test set', ['cat', 'dog'], 'photos test has no images'],
  ])('refuses %s, and creates nothing', async (_, classes, message) => {
    // One image a class: none is left for a test set of a fifth.
    for (const name of classes) {
      await mkdir(join(used.dir, 'photos', name), { recursive: true });
      await writeFile(
        join(used.dir, 'photos', name, '1.png'),
        encode({ width: 2, height: 2, data: new Uint8Array(4), channels: 1 }),
      );
    }
    const { code, stdout, stderr } = await train('--data', 'folder', '--data-dir', 'photos', '--model', 'mlp');
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: `cnn: ${message}\n` });
    expect(await readdir(used.dir)).toEqual(['photos']);
  });

  it.skipIf(!existsSync('/dev/full'))('says in a line that its output cannot be written', () => {
    const run = [process.execPath, join(used.command.folder, 'main.js'), 'summary', 'lenet5'];
    const { status, stderr } = spawnSync('bash', ['-c', '"$@" > /dev/full', 'bash', ...run], { cwd: used.dir, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'cnn: ENOSPC: no space left on device, write\n' });
  });
});

describe('cnn train refuses', () => {
  it.each<[string, string[], number, string]>([
    ['no epochs', ['--epochs', '0'], 2, "option '--epochs <n>' argument '0' is invalid. It must be a whole number >= 1."],
    ['negative epochs', ['--epochs=-1'], 2, "argument '-1' is invalid. It must be a whole number >= 1."],
    ['half epochs', ['--epochs', '1.5'], 2, "argument '1.5' is invalid. It must be a whole number >= 1."],
    ['NaN epochs', ['--epochs', 'NaN'], 2, "argument 'NaN' is invalid. It must be a whole number >= 1."],
    ['empty epochs', ['--epochs', ''], 2, "argument '' is invalid. It must be a whole number >= 1."],
    ['no learning rate', ['--lr', '0'], 2, "option '--lr <x>' argument '0' is invalid. It must be a number > 0."],
    ['no batch', ['--batch', '0'], 2, "option '--batch <n>' argument '0' is invalid."],
    ['half a seed', ['--seed', '0.5'], 2, "option '--seed <n>' argument '0.5' is invalid. It must be a whole number."],
    ['no limit', ['--limit', '0'], 2, "option '--limit <n>' argument '0' is invalid."],
    [
      'unknown data',
      ['--data', 'imagenet'],
      2,
      "option '--data <name>' argument 'imagenet' is invalid. Allowed choices are digits, mnist, fashion-mnist, cifar10, folder.",
    ],
    ['an unknown option', ['--epoch', '3'], 2, "unknown option '--epoch'"],
    ['an argument too many', ['lenet5'], 2, 'too many arguments'],
    [
      'an unknown model',
      ['--model', 'lenet'],
      1,
      "option 'model' is 'lenet'; allowed: lenet5, lenet5-1998, convnetjs-cifar10, mlp, ",
    ],
    ['a missing model file', ['--model', 'none.json'], 1, "option 'model' is 'none.json'; allowed: "],
    [
      'an unknown optimizer',
      ['--optimizer', 'lookahead'],
      1,
      "option '--optimizer' is 'lookahead'; allowed: sgd, adam, adamW, adadelta, adagrad, rmsprop, amsgrad, adamax, nadam, radam, lion, lars",
    ],
    [
      'JSON of no optimizer',
      ['--optimizer', '{"type":"sgd","rate":1}'],
      1,
      "sgd: option 'rate' is 1; allowed: no option of this name",
    ],
    ['an unknown augmentation', ['--augment', 'flip,spin'], 2, 'It must be a list of flip, crop, '],
    ['an unknown schedule', ['--schedule', 'linear'], 1, "option '--schedule' is 'linear'; allowed: constant, cosine, "],
    [
      'an unknown backend',
      ['--backend', 'cuda'],
      1,
      "option '--backend' is 'cuda'; allowed: cpu, cpu:simd, cpu:relaxed, cpu:reference, gpujs, gpujs:webgl2, gpujs:headlessgl, gpujs:webgpu, gpujs:webasm, gpujs:cpu",
    ],
    [
      'a folder for digits',
      ['--data', 'digits', '--data-dir', 'data'],
      1,
      '--data digits takes no --data-dir: digits are generated',
    ],
    ['a missing folder', ['--data-dir', 'none'], 1, 'none: no such file or folder'],
    [
      'a plugin that is not there',
      ['--plugin', './none.js'],
      1,
      "option '--plugin' is './none.js'; allowed: a module that can be loaded; ENOENT: no such file or directory",
    ],
  ])('%s', async (_, args, status, message) => {
    const tiny = await writeTiny(used.dir);
    const before = await readdir(used.dir);
    const { code, stdout, stderr } = await train(...tiny, ...args);
    expect(stderr).toMatch(/^cnn: /);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: status, stdout: '' });
    expect(await readdir(used.dir)).toEqual(before);
  });

  it.each<[string, (dir: string) => Promise<void>, string]>([
    [
      'truncated images',
      dir => truncate(join(dir, 'data/train-images-idx3-ubyte'), 5000),
      'data/train-images-idx3-ubyte at byte 5000: ',
    ],
    [
      'labels for other images',
      dir => writeFile(join(dir, 'data/train-labels-idx1-ubyte'), idx([59], new Uint8Array(59))),
      'train-labels',
    ],
    [
      'a label that is no class',
      dir => writeFile(join(dir, 'data/train-labels-idx1-ubyte'), idx([60], new Uint8Array(60).fill(11))),
      '11',
    ],
    [
      'a model with too few outputs',
      dir =>
        withLayers(dir, layers => {
          layers[5] = { type: 'linear', units: 9 };
        }),
      'the model gives [9] for an image; 10 classes need [10]',
    ],
    [
      'a model with two outputs, of which one would do',
      dir =>
        writeFile(
          join(dir, 'tiny.json'),
          JSON.stringify({ ...tinyModel, model: { type: 'graph', inputs: ['x'], nodes: heads, outputs: ['b', 'a'] } }),
        ),
      'the model gives [9] and [10] for an image; 10 classes need [10]',
    ],
    [
      'a model whose last layer would do, but is not its output',
      dir =>
        writeFile(
          join(dir, 'tiny.json'),
          JSON.stringify({ ...tinyModel, model: { type: 'graph', inputs: ['x'], nodes: heads, outputs: ['b'] } }),
        ),
      'the model gives [9] for an image; 10 classes need [10]',
    ],
    [
      'a model for other images',
      dir => writeFile(join(dir, 'tiny.json'), JSON.stringify({ ...tinyModel, input: [3, 32, 32] })),
      'tiny.json takes images [3, 32, 32], mnist train has [1, 28, 28]',
    ],
    [
      'an unknown layer',
      dir =>
        withLayers(dir, layers => {
          layers[2] = { type: 'acme/relu' };
        }),
      "tiny.json: model.layers.2.type: unknown layer 'acme/relu'; known: ",
    ],
    [
      'an unknown option of a layer',
      dir =>
        withLayers(dir, layers => {
          layers[0] = { ...layers[0], strides: 2 };
        }),
      "tiny.json: model.layers.0: conv2d: option 'strides' is 2; allowed: no option of this name",
    ],
    [
      'a window that does not fit',
      dir =>
        withLayers(dir, layers => {
          layers[0] = { type: 'conv2d', filters: 1, kernelSize: 29 };
        }),
      "layer '0' (conv2d): ",
    ],
    ['a model that is no JSON', dir => writeFile(join(dir, 'tiny.json'), '{'), 'tiny.json: is not JSON: '],
  ])('%s, and creates nothing', async (_, spoil, message) => {
    const tiny = await writeTiny(used.dir);
    await spoil(used.dir);
    const before = await readdir(used.dir);
    const { code, stdout, stderr } = await train(...tiny);
    expect(stderr).toMatch(/^cnn: [^\n]*\n$/);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(await readdir(used.dir)).toEqual(before);
  });

  it('a folder that is a file', async () => {
    const tiny = await writeTiny(used.dir);
    await writeFile(join(used.dir, 'out'), 'mine');
    const { code, stderr } = await train(...tiny, '--out', 'out');
    expect(stderr).toContain('out');
    expect(code).toBe(1);
    expect((await file('out')).toString()).toBe('mine');
  });
});

async function withLayers(dir: string, change: (layers: Record<string, unknown>[]) => void): Promise<void> {
  const model = structuredClone(tinyModel) as unknown as { model: { layers: Record<string, unknown>[] } };
  change(model.model.layers);
  await writeFile(join(dir, 'tiny.json'), JSON.stringify(model));
}
