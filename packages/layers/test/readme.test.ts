/** The examples of the README are files that run. */

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuReference } from '@cnn/backend-cpu';
import { expect, it, vi } from 'vitest';
import { initialise, linear } from '../src/index.js';

const text = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

it.each(['model', 'layer', 'weights'])('shows examples/%s.ts as it is', name => {
  expect(text('../README.md')).toContain(`\`\`\`ts\n${text(`./examples/${name}.ts`)}\`\`\``);
});

it('shows examples that work', async () => {
  const lines: unknown[][] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...line) => void lines.push(line));
  const folder = await mkdtemp(join(tmpdir(), 'cnn-layers-'));
  try {
    await import('./examples/model.js');
    expect(lines[0]![0]).toContain('15,770'); // 8 (9 + 1) + 10 (8 × 14 × 14 + 1)
    expect(lines[1]![0]).toEqual([2, 10]);
    const { model } = await import('./examples/layer.js');
    const backend = cpuReference();
    const net = initialise(model, { backend, input: [3, 2, 2] });
    expect(net.parameters.map(({ name, value }) => [name, value.shape])).toEqual([['0.weight', [3, 1, 1]]]);
    const { copyWeights } = await import('./examples/weights.js');
    const [from, to] = [1, 2].map(seed => initialise(linear({ units: 2 }), { backend, input: [3], seed }));
    await copyWeights(from!, to!, join(folder, 'a.safetensors'));
    expect(to!.variable('0.weight').value.dataSync()).toEqual(from!.variable('0.weight').value.dataSync());
    expect(lines.at(-1)).toEqual(['2 tensors']);
  } finally {
    log.mockRestore();
    await rm(folder, { recursive: true });
  }
});
