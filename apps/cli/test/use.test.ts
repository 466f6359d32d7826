import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digits } from '@cnn/data';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { lastLine, useCommand } from './command.js';
import { tinyModel, writeTiny } from './tiny-data.js';

const used = useCommand();
const cnn = (...args: string[]) => used.command.run(used.dir, ...args);
const repository = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const mnist = repository('../shared/data/mnist');

/** A finished run in the folder `out`. */
async function trained(...more: string[]): Promise<void> {
  const tiny = await writeTiny(used.dir);
  const { code, stderr } = await cnn('train', ...tiny, '--epochs', '1', '--out', 'out', '--json', ...more);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

/** Changes the model file of a run. */
async function editModel(change: (model: Record<string, unknown>) => void): Promise<void> {
  const path = join(used.dir, 'out', 'model.json');
  const model = JSON.parse(await readFile(path, 'utf8'));
  change(model);
  await writeFile(path, JSON.stringify(model));
}

describe('cnn eval', () => {
  it('gives the figures that training gave', async () => {
    await trained();
    const result = JSON.parse(await readFile(join(used.dir, 'out', 'result.json'), 'utf8'));
    const { code, stdout } = await cnn('eval', '--model', 'out', '--data', 'mnist', '--data-dir', 'data', '--json');
    expect(code).toBe(0);
    const figures = lastLine(stdout) as { confusion: number[][]; topK: Record<string, number>; classes: string[] };
    expect(figures).toMatchObject({
      accuracy: result.testAccuracy,
      images: 12,
      classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    });
    expect((figures as unknown as { loss: number }).loss).toBeCloseTo(result.testLoss, 6);
    expect(figures.confusion.flat().reduce((a, b) => a + b)).toBe(12);
    expect(figures.topK[5]).toBeGreaterThanOrEqual(result.testAccuracy);
  });

  it('prints accuracy, loss and confusion matrix', async () => {
    await trained();
    const { stdout } = await cnn('eval', '--model', 'out', '--data', 'mnist', '--data-dir', 'data', '--limit', '6');
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('mnist test: 6 images');
    expect(lines[1]).toMatch(/^accuracy \d+\.\d\d %, loss \d\.\d{4}, top 5 \d+\.\d\d %$/);
    expect(lines.slice(2).map(line => line.trim().split(/ +/).length)).toEqual(Array(10).fill(11));
  });

  it.skipIf(!existsSync(mnist))('evaluates on the whole of MNIST what was trained on digits', async () => {
    expect((await cnn('train', '--limit', '3000', '--epochs', '1', '--out', 'lenet', '--json')).code).toBe(0);
    const { stdout } = await cnn('eval', '--model', 'lenet', '--data', 'mnist', '--data-dir', mnist, '--json');
    expect(lastLine(stdout)).toMatchObject({ images: 10000 });
    // Chance is 0.1; the generated digits look enough like MNIST's for more.
    expect((lastLine(stdout) as { accuracy: number }).accuracy).toBeGreaterThan(0.3);
  });

  it.each<[string, string[], () => Promise<void>, string]>([
    ['no such run', ['--model', 'none'], async () => {}, "option '--model' is 'none'; allowed: the folder of a training run"],
    [
      'a model by its name',
      ['--model', 'lenet5'],
      async () => {},
      "option '--model' is 'lenet5'; allowed: the folder of a training run",
    ],
    ['truncated weights', [], () => truncate(join(used.dir, 'out', 'model.safetensors'), 1000), 'truncated: it ends at byte'],
    [
      'another number of classes',
      [],
      () =>
        editModel(model => {
          model.classes = ['a', 'b'];
        }),
      'the model gives [10] for an image; 2 classes need [2]',
    ],
    ['other classes', ['--data', 'fashion-mnist'], async () => {}, 'fashion-mnist test has the classes T-shirt/top, Trouser, '],
    [
      'images of another shape',
      [],
      () =>
        editModel(model => {
          model.input = [1, 30, 30];
        }),
      '',
    ],
    [
      'a model that was not trained',
      [],
      () =>
        editModel(model => {
          delete model.normalise;
        }),
      'out/model.json: it has no normalise, so it is not the model of a training run',
    ],
    [
      'the weights of another model',
      [],
      () =>
        editModel(model => {
          (model.model as typeof tinyModel.model).layers[0]!.filters = 5;
        }),
      'out/model.safetensors: ',
    ],
  ])('refuses %s', async (_, args, spoil, message) => {
    await trained();
    await spoil();
    const { code, stdout, stderr } = await cnn('eval', '--model', 'out', '--data', 'mnist', '--data-dir', 'data', ...args);
    expect(stderr).toMatch(/^cnn: [^\n]*\n$/);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it('refuses weights that are no finite numbers', async () => {
    await trained();
    const weights = join(used.dir, 'out', 'model.safetensors');
    const bytes = await readFile(weights);
    bytes.writeFloatLE(Number.NaN, bytes.length - 4);
    await writeFile(weights, bytes);
    await cp(repository('packages/data/test/fixtures/grey.png'), join(used.dir, 'grey.png'));
    expect(await cnn('eval', '--model', 'out', '--data', 'mnist', '--data-dir', 'data', '--json')).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: "cnn: out: the model's loss is NaN; its weights may be damaged\n",
    });
    expect(await cnn('predict', '--model', 'out', 'grey.png', '--json')).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: "cnn: out: the model's probabilities for grey.png are no finite numbers; its weights may be damaged\n",
    });
  });

  it('refuses a run that is not finished', async () => {
    await mkdir(join(used.dir, 'out'));
    await writeFile(
      join(used.dir, 'out', 'model.json'),
      JSON.stringify({ ...tinyModel, classes: ['a'], normalise: { mean: [0], deviation: [1] } }),
    );
    const { code, stderr } = await cnn('eval', '--model', 'out', '--data', 'digits');
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'cnn: out: it has no model.safetensors; the run is not finished\n' });
  });
});

describe('cnn predict', () => {
  const fixture = (name: string): string => repository(`packages/data/test/fixtures/${name}`);

  it('classifies PNG and JPEG files', async () => {
    await trained();
    const { images } = await digits({ count: 5 }).test.read([0]);
    await writeFile(join(used.dir, 'digit.png'), encode({ width: 28, height: 28, data: images, channels: 1, depth: 8 }));
    await cp(fixture('baseline.jpg'), join(used.dir, 'photo.jpg'));
    const { code, stdout } = await cnn('predict', '--model', 'out', 'digit.png', 'photo.jpg', '--json');
    expect(code).toBe(0);
    const results = lastLine(stdout) as {
      image: string;
      class: string;
      probability: number;
      probabilities: { class: string; probability: number }[];
    }[];
    expect(results.map(({ image }) => image)).toEqual(['digit.png', 'photo.jpg']);
    for (const { class: best, probability, probabilities } of results) {
      expect(probabilities[0]).toEqual({ class: best, probability });
      expect(probabilities.map(row => row.class).sort()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
      expect(probabilities.reduce((sum, row) => sum + row.probability, 0)).toBeCloseTo(1, 5);
      expect(probabilities.every((row, i) => i === 0 || row.probability <= probabilities[i - 1]!.probability)).toBe(true);
    }
    // The picture is the first of the test set, so it is right where `eval` on that one image is.
    const { stdout: evaluated } = await cnn(
      'eval',
      '--model',
      'out',
      '--data',
      'mnist',
      '--data-dir',
      'data',
      '--limit',
      '1',
      '--json',
    );
    const { confusion } = lastLine(evaluated) as { confusion: number[][] };
    expect(confusion.flat().indexOf(1) % 10).toBe(Number(results[0]!.class));

    const { stdout: text } = await cnn('predict', '--model', 'out', 'digit.png');
    expect(text).toMatch(/^digit.png\n( +\d+\.\d % {2}\d\n){5}$/);
  });

  it.each<[string, string, () => Promise<void>, string]>([
    ['a missing file', 'none.png', async () => {}, 'none.png: '],
    [
      'a text file',
      'data/notes.txt',
      () => writeFile(join(used.dir, 'data/notes.txt'), 'hello'),
      'data/notes.txt at byte 0: neither a PNG nor a JPEG file',
    ],
    [
      'a truncated PNG',
      'cut.png',
      async () => writeFile(join(used.dir, 'cut.png'), (await readFile(fixture('grey.png'))).subarray(0, 60)),
      'cut.png at byte ',
    ],
    [
      'a truncated JPEG',
      'cut.jpg',
      async () => writeFile(join(used.dir, 'cut.jpg'), (await readFile(fixture('baseline.jpg'))).subarray(0, 400)),
      'cut.jpg',
    ],
    ['a folder', 'data', async () => {}, 'data: '],
  ])('refuses %s', async (_, image, prepare, message) => {
    await trained();
    await prepare();
    const { code, stdout, stderr } = await cnn('predict', '--model', 'out', image);
    expect(stderr).toMatch(/^cnn: [^\n]*\n$/);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it('needs an image', async () => {
    expect(await cnn('predict', '--model', 'out')).toMatchObject({
      code: 2,
      stderr: "cnn: missing required argument 'images'\n(see cnn predict --help)\n",
    });
  });
});

describe('cnn summary', () => {
  it.each([
    ['lenet5', 61706],
    // 784 x 128 + 128 + 128 x 10 + 10.
    ['mlp', 101770],
    // 16 x 75 + 16 + 20 x 400 + 20 + 20 x 500 + 20 + 320 x 10 + 10.
    ['convnetjs-cifar10', 22466],
    // As torchvision has them.
    ['alexnet', 61100840],
    ['vgg16', 138357544],
    ['resnet50', 25557032],
    ['googlenet', 6624904],
  ])('counts the parameters of %s', async (name, parameters) => {
    const { code, stdout } = await cnn('summary', name, '--json');
    expect(code).toBe(0);
    expect(lastLine(stdout)).toMatchObject({ parameters });
    expect((await cnn('summary', name)).stdout).toMatch(
      new RegExp(`^layer .*\ntotal +${parameters.toLocaleString('en-US')} `, 's'),
    );
  });

  it('reads model files and the folders of runs; running statistics are no parameters', async () => {
    await trained();
    for (const name of ['tiny.json', 'out', 'out/model.json']) {
      const { stdout } = await cnn('summary', name, '--json');
      // 4 x 25 + 4, 4 + 4, 256 x 10 + 10; a running mean and variance for each of 4 channels.
      expect(lastLine(stdout)).toMatchObject({ parameters: 2682, state: 8, inputShapes: [[1, 28, 28]] });
      const { layers, flops } = lastLine(stdout) as {
        layers: { path: string; type: string; outputShape: number[] }[];
        flops: number;
      };
      expect(layers.map(({ type }) => type)).toEqual(['conv2d', 'batchNorm', 'relu', 'flatten', 'dropout', 'linear']);
      expect(layers[0]!.outputShape).toEqual([4, 8, 8]);
      // At least the multiply-adds of the convolution and the linear layer.
      expect(flops).toBeGreaterThanOrEqual(2 * (4 * 64 * 25 + 2560));
    }
  });

  it('takes the input where the file does not say it', async () => {
    const { input: _, ...model } = tinyModel;
    await writeFile(join(used.dir, 'open.json'), JSON.stringify(model));
    expect(await cnn('summary', 'open.json')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'cnn: open.json does not say what its input is; give its shape, as --input 3,32,32\n',
    });
    expect(lastLine((await cnn('summary', 'open.json', '--input', '3,28,28', '--json')).stdout)).toMatchObject({
      parameters: 2682 + 200,
    });
    expect(await cnn('summary', 'open.json', '--input', '3,28,')).toMatchObject({
      code: 2,
      stderr:
        "cnn: option '--input <c,h,w>' argument '3,28,' is invalid. It must be a shape as 1,28,28.\n(see cnn summary --help)\n",
    });
    expect(await cnn('summary', 'open.json', '--input', '3,4,4')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("layer '0' (conv2d)"),
    });
  });
});

describe('cnn backends', () => {
  it('lists what there is', async () => {
    const { code, stdout } = await cnn('backends', '--json');
    expect(code).toBe(0);
    const rows = lastLine(stdout) as { name: string; available: boolean; build: string | null }[];
    expect(rows.map(({ name }) => name)).toEqual([
      ...['cpu', 'cpu:simd', 'cpu:relaxed', 'cpu:reference'],
      ...['gpujs', 'gpujs:webgl2', 'gpujs:headlessgl', 'gpujs:webgpu', 'gpujs:webasm', 'gpujs:cpu'],
    ]);
    // Node has no canvas, so never WebGL2.
    expect(rows.find(({ name }) => name === 'gpujs:webgl2')).toEqual({
      name: 'gpujs:webgl2',
      available: false,
      why: expect.stringContaining("'webgl2' does not work here"),
    });
    expect(rows.find(({ name }) => name === 'gpujs:cpu')).toMatchObject({ available: true, build: 'cpu' });
    expect(rows.find(({ name }) => name === 'cpu:simd')).toEqual({
      name: 'cpu:simd',
      available: true,
      dtypes: ['float32', 'float64', 'int32', 'uint8', 'bool'],
      build: 'simd',
      threads: 1,
    });
    expect((await cnn('backends')).stdout).toContain('cpu:reference    float32 float64 int32 uint8 bool\n');
  });
});

describe('cnn data', () => {
  it('says what is cached, and where', async () => {
    const { code, stdout } = await cnn('data', '--json');
    expect(code).toBe(0);
    expect(lastLine(stdout)).toMatchObject({ folder: expect.stringContaining('cnn'), sets: expect.any(Array) });
    expect((await cnn('data')).stdout).toMatch(/^cache: .*cnn\n/);
  });
});

describe('cnn', () => {
  it.skipIf(!existsSync(repository('apps/cli/dist')))('goes by its name once it is built', () => {
    const { status, stdout } = spawnSync('npx', ['--no-install', 'cnn', '--help'], { cwd: repository('.'), encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Usage: cnn /);
  });

  it('explains itself', async () => {
    for (const args of [['--help'], ['train', '--help'], ['help', 'train']]) {
      const { code, stdout, stderr } = await cnn(...args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^Usage: cnn /);
    }
    const { version } = JSON.parse(await readFile(repository('apps/cli/package.json'), 'utf8'));
    expect(await cnn('--version')).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  it('fails for what it does not know', async () => {
    expect(await cnn('trian')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: "cnn: unknown command 'trian'\n(Did you mean train?)\n(see cnn --help)\n",
    });
    expect(await cnn()).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^Usage: cnn /) });
  });
});
