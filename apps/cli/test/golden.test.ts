import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpu, cpuReference } from '@cnn/backend-cpu';
import { FormatError } from '@cnn/tensor';
import { CommanderError } from 'commander';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { goldenCommand } from '../src/golden/command.js';
import { compare } from '../src/golden/compare.js';
import { type GoldenCase, parseGolden } from '../src/golden/format.js';
import { summarise } from '../src/golden/report.js';
import { type GoldenResult, runGolden } from '../src/golden/run.js';

const folder = fileURLToPath(new URL('../../../packages/tensor/test/fixtures/golden', import.meta.url));
const read = (suite: string): { cases: RawCase[] } => JSON.parse(readFileSync(join(folder, `${suite}.json`), 'utf8'));
const suites = readdirSync(folder).flatMap(name => (name.endsWith('.json') ? [name.replace('.json', '')] : []));
const cases = suites.flatMap(suite => parseGolden(suite, readFileSync(join(folder, `${suite}.json`), 'utf8')));

/** Cases and those of them that are skipped. */
const counts: Readonly<Record<string, readonly [all: number, skipped: number]>> = {
  activations: [26, 0],
  conv2d: [19, 0],
  conv_transpose2d: [8, 0],
  init: [4, 0],
  lenet: [2, 0],
  losses: [41, 0],
  norms: [13, 0],
  optimizers: [24, 0],
  pools: [20, 0],
  schedules: [11, 0],
  tensor_ops: [69, 0],
};

interface RawCase {
  name: string;
  op: string;
  attrs: Record<string, unknown>;
  outputs: Record<string, { shape: number[]; data: unknown[] }>;
  grads: Record<string, { data: number[] }>;
  [field: string]: unknown;
}

/** The first case of a suite, changed. */
function changed(suite: string, change: (raw: RawCase) => void): GoldenCase[] {
  const raw = read(suite).cases[0]!;
  change(raw);
  return parseGolden('changed.json', JSON.stringify({ format: 'cnn-golden-v1', suite, cases: [raw] }));
}

const reference = cpuReference({ poison: true });
const run = async (tested: readonly GoldenCase[], dtype: 'float32' | 'float64' = 'float64'): Promise<GoldenResult> =>
  (await runGolden(tested, reference, dtype))[0]!;

describe.each([
  { name: 'cpu:reference in float64', dtype: 'float64', open: async () => cpuReference({ poison: true }) },
  { name: 'cpu:reference in float32', dtype: 'float32', open: async () => cpuReference({ poison: true }) },
  { name: 'cpu', dtype: 'float32', open: () => cpu({ poison: true }) },
  { name: 'cpu:simd', dtype: 'float32', open: () => cpu({ build: 'simd', poison: true }) },
] as const)('on $name', ({ dtype, open }) => {
  test('all cases of this release pass, and no buffer is left', async () => {
    const backend = await open();
    const results = await runGolden(cases, backend, dtype);
    const { failed } = summarise(results);
    expect(failed).toEqual([]);
    const found = suites.map(suite => {
      const own = results.filter(result => result.suite === suite);
      return [suite, [own.length, own.filter(({ status }) => status === 'skipped').length]];
    });
    expect(Object.fromEntries(found)).toEqual(counts);
    expect(backend.live()).toBe(0);
    await backend.dispose();
  });
});

describe('a case fails', () => {
  test('whichever of its results is wrong', async () => {
    // In every list of numbers of every case, one number in turn is changed by more than the tolerance.
    const backend = await cpu();
    const wrong = suites.flatMap(suite => {
      const raw = read(suite);
      return raw.cases.flatMap((original, i) =>
        resultsIn(original).map(path => {
          const copy = structuredClone(original);
          disturb(copy, path, i);
          return { text: JSON.stringify({ format: 'cnn-golden-v1', suite, cases: [copy] }), path };
        }),
      );
    });
    // Ten steps of LeNet hold most of the lists; one in fifty of them is enough.
    const tested = wrong.filter(({ text }, i) => text.length < 200_000 || i % 50 === 0);
    for (const { text, path } of tested) {
      const [result] = await runGolden(parseGolden('wrong.json', text), backend, 'float32');
      if (result!.status === 'skipped') continue;
      expect(result!.status, `${result!.suite}/${result!.name} ${path.join('.')}`).toBe('failed');
    }
    expect(tested.length).toBeGreaterThan(500);
  });

  test('and says where', async () => {
    const result = await run(
      changed('conv2d', raw => {
        raw.outputs.y!.data[7] = 100;
      }),
    );
    expect(result.why).toMatch(/^outputs\.y\[7\] is -?[\d.]+, not 100: off by [\d.]+, at most 0\.00000101 \(1 of 160 wrong\)$/);
  });

  test.each([
    ['shape', (raw: RawCase) => raw.outputs.y!.shape.reverse(), /outputs\.y: the shape is \[2, 4, 5, 4\], not \[4, 5, 4, 2\]/],
    ['NaN', (raw: RawCase) => raw.outputs.y!.data.splice(0, 1, 'NaN'), /outputs\.y\[0\] is .*, not NaN/],
    ['infinity', (raw: RawCase) => raw.outputs.y!.data.splice(0, 1, '-Infinity'), /outputs\.y\[0\] is .*, not -Infinity/],
    [
      'result that nothing computes',
      (raw: RawCase) => Object.assign(raw.outputs, { z: raw.outputs.y }),
      /nothing computes outputs\.z/,
    ],
    ['gradient of no input', (raw: RawCase) => Object.assign(raw.grads, { z: raw.grads.x }), /UsageError: grad/],
    ['op', (raw: RawCase) => Object.assign(raw, { op: 'conv9d' }), /unknown op 'conv9d'/],
    ['inherited name as op', (raw: RawCase) => Object.assign(raw, { op: 'toString' }), /unknown op 'toString'/],
    ['stride', (raw: RawCase) => Object.assign(raw.attrs, { stride: 'two' }), /attrs\.stride is 'two', not a list of 2 numbers/],
    ['missing attribute', (raw: RawCase) => delete raw.attrs.groups, /attrs\.groups is undefined, not a number/],
    [
      'case without numbers',
      (raw: RawCase) => Object.assign(raw, { outputs: {}, grads: {} }),
      /the case holds no numbers to compare/,
    ],
    [
      'steps that nothing computes',
      (raw: RawCase) => Object.assign(raw, { steps: [{ loss: 1 }] }),
      /of its \d+ numbers were compared/,
    ],
  ] as const)('for a wrong %s', async (_, change, why) => {
    const result = await run(changed('conv2d', change));
    expect(result.status).toBe('failed');
    expect(result.why).toMatch(why);
  });

  test.each([
    ['float32', 'exp', 1e-5 + 1e-4 * 3],
    ['float64', 'exp', 1e-8 * 4],
    ['float32', 'softmax_large_values', 1e-5 + 1e-3 * 3],
    ['float32', 'lbfgs_strong_wolfe', 1e-3 + 1e-3 * 3],
    ['float64', 'lbfgs_strong_wolfe', 1e-8 * 4],
  ] as const)('in %s, case %s, beyond a tolerance of %d', async (dtype, name, tolerance) => {
    const text = (b: number) =>
      JSON.stringify({
        format: 'cnn-golden-v1',
        suite: 'tensor_ops',
        cases: [{ name, op: 'add', inputs: { a: scalar(1), b: scalar(2) }, outputs: { y: scalar(b) } }],
      });
    for (const sign of [-1, 1]) {
      // The tolerance is of the golden number, 3 or near it.
      expect((await run(parseGolden('', text(3 + sign * 0.99 * tolerance)), dtype)).status).toBe('passed');
      expect((await run(parseGolden('', text(3 + sign * 1.02 * tolerance)), dtype)).status).toBe('failed');
    }
  });

  test('for a whole number that is off by one', () => {
    const tolerance = { absolute: 1e-5, relative: 1e-4 };
    const index = (dtype: 'int32' | 'float32') => ({ shape: [1], dtype, data: [20_000] });
    const found = { shape: [1], data: [20_001] };
    expect(compare('indices', found, index('int32'), tolerance).problem).toMatch(/^indices\[0\] is 20001, not 20000/);
    expect(compare('y', found, index('float32'), tolerance).problem).toBeUndefined();
  });
});

const scalar = (value: number) => ({ shape: [], dtype: 'float32', data: [value] });

/** Paths of the number lists and numbers that a case is compared with. */
function resultsIn(raw: RawCase): string[][] {
  const walk = (value: unknown, path: string[]): string[][] => {
    if (typeof value === 'number' || Array.isArray(value)) return [path];
    const { data } = value as { data?: unknown };
    if (data) return [[...path, 'data']];
    return Object.entries(value as object).flatMap(([name, part]) => walk(part, [...path, name]));
  };
  const skip = ['inputs', 'grad_outputs'];
  const steps = ((raw.steps ?? []) as object[]).flatMap((step, i) =>
    Object.entries(step).flatMap(([name, part]) => (skip.includes(name) ? [] : walk(part, ['steps', String(i), name]))),
  );
  return [...walk(raw.outputs ?? {}, ['outputs']), ...walk(raw.grads ?? {}, ['grads']), ...steps];
}

function disturb(raw: RawCase, path: readonly string[], seed: number): void {
  let holder = raw as unknown as Record<string, unknown>;
  for (const name of path.slice(0, -1)) holder = holder[name] as Record<string, unknown>;
  const last = path.at(-1)!;
  const value = holder[last];
  const off = (x: unknown): number => (typeof x === 'number' ? Math.round(x + 1) + 0.25 * Math.abs(x) : 0);
  if (Array.isArray(value)) value[seed % value.length] = off(value[seed % value.length]);
  else holder[last] = off(value);
}

describe('a file is refused by name', () => {
  const good = {
    format: 'cnn-golden-v1',
    suite: 'tensor_ops',
    cases: [{ name: 'a', op: 'exp', inputs: { x: scalar(1) }, outputs: { y: scalar(2) } }],
  };
  const withCase = (fields: object) => JSON.stringify({ ...good, cases: [{ ...good.cases[0], ...fields }] });

  test.each([
    ['that is cut off', JSON.stringify(good).slice(0, 60), /^f\.json: is not JSON: /],
    [
      'of another format',
      JSON.stringify({ ...good, format: 'cnn-model' }),
      /^f\.json: format is 'cnn-model', not 'cnn-golden-v1'$/,
    ],
    ['of a newer version', JSON.stringify({ ...good, format: 'cnn-golden-v2' }), /^f\.json: format is 'cnn-golden-v2'/],
    ['that is a list', '[]', /^f\.json: format is/],
    ['without a suite', JSON.stringify({ ...good, suite: 1 }), /^f\.json: suite is 1, not text$/],
    ['without cases', JSON.stringify({ ...good, cases: {} }), /^f\.json: cases is \{\}, not a list$/],
    ['with a case that is none', JSON.stringify({ ...good, cases: [1] }), /^f\.json: cases\[0\] is 1, not an object$/],
    ['with a nameless case', withCase({ name: 1 }), /^f\.json: cases\[0\]: name and op must be text$/],
    [
      'with an unknown field',
      withCase({ second_grads: {} }),
      /^f\.json: cases\[0\] 'a': no field 'second_grads' in this format$/,
    ],
    ['with attributes in a list', withCase({ attrs: [] }), /^f\.json: cases\[0\] 'a'\.attrs is \[\], not an object$/],
    [
      'with too few numbers',
      withCase({ outputs: { y: { ...scalar(1), shape: [2] } } }),
      /\.outputs\.y has 1 numbers for shape \[2\]$/,
    ],
    [
      'with a word for a number',
      withCase({ outputs: { y: { ...scalar(1), data: ['nan'] } } }),
      /\.outputs\.y holds 'nan', which is not a number$/,
    ],
    [
      'with null for a number',
      withCase({ outputs: { y: { ...scalar(1), data: [null] } } }),
      /holds null, which is not a number$/,
    ],
    ['with another dtype', withCase({ inputs: { x: { ...scalar(1), dtype: 'float16' } } }), /\.inputs\.x is .*, not a tensor/],
    ['with steps that are none', withCase({ steps: {} }), /\.steps is \{\}, not a list$/],
  ])('%s', (_, text, message) => {
    expect(() => parseGolden('f.json', text)).toThrow(FormatError);
    expect(() => parseGolden('f.json', text)).toThrow(message);
  });
});

describe('the command', () => {
  const made: string[] = [];
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
    for (const path of made.splice(0)) rmSync(path, { recursive: true });
  });

  function folderWith(files: Readonly<Record<string, string>>): string {
    const path = mkdtempSync(join(tmpdir(), 'cnn-golden-'));
    made.push(path);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
    return path;
  }

  /** Its standard output and exit status; `error` is how commander ends it. */
  async function call(...args: string[]): Promise<{ lines: string[]; status: number; error?: CommanderError }> {
    const written: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation(text => written.push(String(text)) > 0);
    const command = goldenCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => {} });
    try {
      await command.parseAsync(args, { from: 'user' });
      return { lines: written.join('').trimEnd().split('\n'), status: Number(process.exitCode ?? 0) };
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      return { lines: written, status: error.exitCode, error };
    } finally {
      vi.mocked(process.stdout.write).mockRestore();
    }
  }

  const text = (suite: string) => readFileSync(join(folder, `${suite}.json`), 'utf8');

  test.each(['cpu', 'cpu:reference', 'gpujs:cpu'])('prints a table, and one line of JSON at the end, for %s', async backend => {
    const dir = folderWith({ 'pools.json': text('pools'), 'schedules.json': text('schedules'), 'notes.txt': 'not a case' });
    const { lines, status } = await call('--dir', dir, '--backend', backend, '--json');
    expect(status).toBe(0);
    expect(lines[0]).toMatch(/^suite +cases +passed +skipped +failed +error\/tolerance$/);
    expect(lines[1]).toMatch(/^pools +20 +20 +0 +0 /);
    expect(lines[2]).toMatch(/^schedules +11 +11 +0 +0 /);
    expect(JSON.parse(lines.at(-1)!)).toEqual({
      cases: 31,
      passed: 31,
      skipped: [],
      failed: [],
    });
  });

  test('has status 1 where a case fails, in float64 alone, too', async () => {
    const cases = [{ name: 'near', op: 'exp', inputs: { x: scalar(0) }, outputs: { y: scalar(1.000005) } }];
    const dir = folderWith({ 'a.json': JSON.stringify({ format: 'cnn-golden-v1', suite: 'mine', cases }) });
    const fine = await call('--dir', dir, '--backend', 'cpu', '--json');
    expect([fine.status, JSON.parse(fine.lines.at(-1)!).passed]).toEqual([0, 1]);
    const { status, lines } = await call('--dir', dir, '--backend', 'cpu:reference', '--json');
    expect(status).toBe(1);
    const { passed, failed } = JSON.parse(lines.at(-1)!);
    expect(passed).toBe(0);
    expect(failed).toEqual([{ name: 'mine/near', why: expect.stringMatching(/^float64: outputs\.y\[0\] is 1, not 1\.000005/) }]);
  });

  test('has status 2 for bad usage', async () => {
    const dir = folderWith({ 'a.json': text('init') });
    const unknown = await call('--dir', dir, '--backend', 'gpu');
    expect(unknown.status).toBe(2);
    expect(unknown.error!.message).toContain("'gpu'");
    expect(unknown.error!.message).toContain('cpu:reference');
    for (const path of [folderWith({}), join(dir, 'nowhere')]) {
      const { status, error } = await call('--dir', path);
      expect([status, error!.message.includes(path)]).toEqual([2, true]);
    }
    // The program gives these, which are commander's own, status 2.
    expect((await call()).error).toBeInstanceOf(CommanderError);
    expect((await call('--dir', dir, '--bakend', 'cpu')).error).toBeInstanceOf(CommanderError);
  });

  test('refuses a folder with a broken file before it runs anything', async () => {
    const dir = folderWith({ 'a.json': text('init'), 'b.json': text('init').slice(0, 500) });
    await expect(call('--dir', dir)).rejects.toThrow(join(dir, 'b.json'));
  });
});
