/** The checks see bugs that are planted in the reference kernels by rule. The whole run is part of `npm run soak`. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { mutantsOf } from '../mutants/rules.mjs';

const run = fileURLToPath(new URL('../mutants/run.mjs', import.meta.url));

test('40 mutants of the reference kernels are all seen', { timeout: 240_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [run, '--sample', '40', '--json']);
  expect(JSON.parse(stdout)).toEqual({ mutants: 40, killed: 40, share: 1, survivors: [], unexplained: [], stale: [] });
});

test('mutants are made by every rule', () => {
  const text = 'for (let i = 0; i < n; i++) y[i] = a > -1 ? Math.max(a, b) : x[2];';
  const made = mutantsOf('example', text).map(({ rule, from, to }) => `${rule}: ${from} -> ${to}`);
  expect(made).toEqual([
    'bound: n -> (n - 1)',
    'bound: n -> (n + 1)',
    'number: 0 -> 1',
    'index: i -> (i) + 1',
    'condition: a > -1 ? Math.max(a, b) : x[2] -> (a > -1) ? x[2] : Math.max(a, b)',
    'operator: > -> >=',
    'sign: -1 -> (1)',
    'number: 1 -> 2',
    'function: Math.max -> Math.min',
    'index: 2 -> (2) + 1',
    'number: 2 -> 3',
  ]);
});
