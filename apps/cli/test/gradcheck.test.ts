/** `cnn gradcheck` on a right model and on a plugin's layer with a wrong gradient. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lastLine, useCommand } from './command.js';

const used = useCommand();
const cnn = (...args: string[]) => used.command.run(used.dir, ...args);

describe('cnn gradcheck', () => {
  it('finds the gradients of LeNet-5 right, a line a parameter', async () => {
    const { code, stdout } = await cnn('gradcheck', 'lenet5', '--samples', '2');
    const lines = stdout.trimEnd().split('\n');
    expect(code).toBe(0);
    expect(lines[0]).toMatch(/^parameter +numbers +checked +relative error +analytic +numeric +kinks$/);
    // Two convolutions and three linear layers have a weight and a bias each.
    expect(lines).toHaveLength(1 + 10 + 1);
    expect(lines.at(-1)).toBe('all gradients agree');
  });

  it('names the parameter with a wrong gradient, and fails', async () => {
    const { packageAddress } = used.command;
    // y = w x whose gradient for w is cut in half.
    await writeFile(
      join(used.dir, 'wrong.mjs'),
      `import { defineLayer, initialisers } from '${packageAddress('layers')}';
      import { ops } from '${packageAddress('tensor')}';
      export const wrong = defineLayer({
        type: 'test/wrong',
        options: {},
        init: (_, input, { param }) => ({ weight: param([input[0]], initialisers.ones) }),
        forward: (x, { weight }) => ops.mul(x, ops.mul(ops.add(weight, ops.stopGradient(weight)), 0.5)),
      });`,
    );
    const model = { format: 'cnn-model', version: 1, input: [3], model: { type: 'test/wrong' } };
    await writeFile(join(used.dir, 'model.json'), JSON.stringify(model));
    const { code, stdout } = await cnn('gradcheck', 'model.json', '--plugin', './wrong.mjs', '--json');
    expect(code).toBe(1);
    const { passed, inputs } = lastLine(stdout) as {
      passed: boolean;
      inputs: { name: string; worst: { relativeError: number } }[];
    };
    expect(passed).toBe(false);
    expect(inputs.map(({ name }) => name)).toEqual(['0.weight']);
    // |a - 2a| / |2a|
    expect(inputs[0]!.worst.relativeError).toBeCloseTo(0.5, 5);
  });

  it('asks for the shape of an input that the model does not say', async () => {
    await writeFile(
      join(used.dir, 'model.json'),
      JSON.stringify({ format: 'cnn-model', version: 1, model: { type: 'linear', units: 2 } }),
    );
    const { code, stderr } = await cnn('gradcheck', 'model.json');
    expect(code).toBe(1);
    expect(stderr).toContain('give its shape, as --input 3,32,32');
    expect((await cnn('gradcheck', 'model.json', '--input', '3')).code).toBe(0);
  });
});
