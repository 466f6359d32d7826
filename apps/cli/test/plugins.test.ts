import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { lastLine, useCommand } from './command.js';
import { tinyModel, writeTiny } from './tiny-data.js';

const used = useCommand();
const cnn = (...args: string[]) => used.command.run(used.dir, ...args);
const write = (path: string, text: string) => writeFile(join(used.dir, path), text);

/** A plugin with a layer that scales its input, an optimizer and a backend. */
const plugin = (scale: number): string => `
  import { defineLayer } from '${used.command.packageAddress('layers')}';
  import { defineOptimizer } from '${used.command.packageAddress('optim')}';
  import { cpuReference } from '${used.command.packageAddress('backend-cpu')}';
  import { ops } from '${used.command.packageAddress('tensor')}';

  export const scale = defineLayer({ type: 'acme/scale', forward: x => ops.mul(x, ${scale}) });
  export const signSgd = defineOptimizer({
    type: 'acme/signSgd',
    options: {},
    defaults: { learningRate: 0.001 },
    slots: () => [],
    step(parameter, _, gradient, { learningRate }) {
      parameter.assign(ops.sub(parameter.value, ops.mul(ops.sign(gradient), learningRate)));
    },
  });
  export const all = [scale];
  export const backends = { 'acme:cpu': () => ({ ...cpuReference(), name: 'acme:cpu' }) };
  export const unrelated = 3;
`;

let tiny: string[];
beforeEach(async () => {
  tiny = [...(await writeTiny(used.dir)), '--epochs', '1', '--json'];
  await write('plugin.mjs', plugin(2));
  const layers = tinyModel.model.layers.toSpliced(2, 0, { type: 'acme/scale' });
  await write('scaled.json', JSON.stringify({ ...tinyModel, model: { ...tinyModel.model, layers } }));
});

describe('--plugin', () => {
  it('adds a layer, which takes part in the run', async () => {
    const run = (out: string) => cnn('train', ...tiny, '--model', 'scaled.json', '--plugin', './plugin.mjs', '--out', out);
    const first = await run('first');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    await write('plugin.mjs', plugin(3));
    const second = await run('second');
    expect((lastLine(first.stdout) as { trainLoss: number }).trainLoss).not.toBe(
      (lastLine(second.stdout) as { trainLoss: number }).trainLoss,
    );
    // What was trained with the plugin is used with it.
    const evaluate = ['eval', '--model', 'second', '--data', 'mnist', '--data-dir', 'data', '--json'];
    expect((await cnn(...evaluate, '--plugin', 'plugin.mjs')).code).toBe(0);
    expect(await cnn(...evaluate)).toMatchObject({ code: 1, stderr: expect.stringContaining("unknown layer 'acme/scale'") });
    expect((await cnn('summary', 'scaled.json', '--plugin', './plugin.mjs')).stdout).toContain('acme/scale');
  });

  it('adds an optimizer', async () => {
    const { code, stderr } = await cnn(
      'train',
      ...tiny,
      '--plugin',
      './plugin.mjs',
      '--optimizer',
      'acme/signSgd',
      '--out',
      'out',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(await readFile(join(used.dir, 'out/run.json'), 'utf8')).settings.optimizer).toMatchObject({
      type: 'acme/signSgd',
      learningRate: 0.001,
    });
    expect(await cnn('train', ...tiny, '--optimizer', 'acme/signSgd')).toMatchObject({
      code: 1,
      stderr:
        "cnn: option '--optimizer' is 'acme/signSgd'; allowed: sgd, adam, adamW, adadelta, adagrad, rmsprop, amsgrad, adamax, nadam, radam, lion, lars, or JSON with a type and options\n",
    });
  });

  it('adds a backend', async () => {
    const { code } = await cnn('train', ...tiny, '--plugin', './plugin.mjs', '--backend', 'acme:cpu', '--out', 'out');
    expect(code).toBe(0);
    expect(JSON.parse(await readFile(join(used.dir, 'out/run.json'), 'utf8'))).toMatchObject({
      backend: 'acme:cpu',
      build: null,
      threads: 1,
    });
    expect((await cnn('backends', '--plugin', './plugin.mjs')).stdout).toContain('\nacme:cpu ');
  });

  it('finds a package in the folder where the command runs', async () => {
    await mkdir(join(used.dir, 'node_modules/cnn-plugin-acme'), { recursive: true });
    await write(
      'node_modules/cnn-plugin-acme/package.json',
      '{ "name": "cnn-plugin-acme", "type": "module", "exports": { ".": { "default": "./index.js" } } }',
    );
    await write('node_modules/cnn-plugin-acme/index.js', plugin(2));
    expect((await cnn('summary', 'scaled.json', '--plugin', 'cnn-plugin-acme')).code).toBe(0);
  });

  it.each([
    ['what its package exports', { exports: './built.js' }, 'built.js'],
    ['its main module', { main: './built.js' }, 'built.js'],
    ['its index.js', {}, 'index.js'],
  ])('takes of a folder %s', async (_, fields, file) => {
    await mkdir(join(used.dir, 'mine'));
    await write('mine/package.json', JSON.stringify({ name: '@acme/mine', type: 'module', ...fields }));
    await write(`mine/${file}`, plugin(2));
    expect(await cnn('summary', 'scaled.json', '--plugin', './mine')).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([
    [
      'nothing of use',
      "export const unrelated = 3; export default 'x';",
      "plugin './plugin.mjs' exports no layer, no optimizer and no backend",
    ],
    [
      'a fault',
      'null.x;',
      "option '--plugin' is './plugin.mjs'; allowed: a module that can be loaded; Cannot read properties of null",
    ],
    ['no JavaScript', '{{', "option '--plugin' is './plugin.mjs'; allowed: a module that can be loaded; "],
    [
      'a backend that is there already',
      'export const backends = { cpu: () => null };',
      "plugin './plugin.mjs': the backend 'cpu' is there already",
    ],
  ])('refuses a module with %s', async (_, text, message) => {
    await write('plugin.mjs', text);
    const { code, stderr } = await cnn('backends', '--plugin', './plugin.mjs');
    expect(stderr).toContain(`cnn: ${message}`);
    expect(code).toBe(1);
  });

  it.each([
    ['a folder without a package', 'data', 'package.json'],
    ['a path where nothing is', 'nowhere', 'ENOENT'],
  ])('refuses %s', async (_, path, message) => {
    const { code, stderr } = await cnn('backends', '--plugin', `./${path}`);
    expect(stderr).toContain(`cnn: option '--plugin' is './${path}'; allowed: a module that can be loaded; `);
    expect(stderr).toContain(message);
    expect(code).toBe(1);
  });

  it('refuses the same plugin twice', async () => {
    expect(await cnn('backends', '--plugin', './plugin.mjs', '--plugin', './plugin.mjs')).toMatchObject({
      code: 1,
      stderr: "cnn: plugin './plugin.mjs': the layer 'acme/scale' is there already\n",
    });
  });

  it('lists a backend that does not run, and why', async () => {
    await write('plugin.mjs', `export const backends = { 'acme:gpu': () => { throw new Error('no device'); } };`);
    const { code, stdout } = await cnn('backends', '--plugin', './plugin.mjs');
    expect(code).toBe(0);
    expect(stdout).toContain('acme:gpu         not available: no device\n');
  });
});
