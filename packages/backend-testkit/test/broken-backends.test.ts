/** A backend with one mistake fails by the check that is there for it. */
import { type CpuReference, type CpuReferenceKernels, type CpuReferenceRuntime, cpu, cpuReference } from '@cnn/backend-cpu';
import { type Backend, type Kernels, ops, type TypedArray, tensor, tidy } from '@cnn/tensor';
import { describe, expect, test, vi } from 'vitest';
import { laterBackend } from '../../tensor/test/later-backend.js';
import { type ConformanceOptions, formatReport, opCases, report, selfTest } from '../src/index.js';

type Table = Record<string, (...call: unknown[]) => TypedArray[]>;

/** A backend with another kernel table, made of that of the reference. */
function withTable(change: (table: Table) => object): Backend<TypedArray> {
  const backend = cpuReference({ poison: true });
  const table = Object.assign(Object.create(null), backend.kernels) as Table;
  return { ...backend, kernels: change(table) as Kernels<TypedArray> };
}

const withKernels = (make: (runtime: CpuReferenceRuntime) => CpuReferenceKernels): CpuReference =>
  cpuReference({ poison: true, kernels: make });

/** A backend whose exponentials of float32 are too large by a factor. */
const expTimes = (factor: number): Backend<TypedArray> =>
  withTable(table =>
    Object.assign(Object.create(null), table, {
      exp: (...call: unknown[]) => {
        const [y] = table.exp!(...call);
        if (y instanceof Float32Array) y.set(y.map(x => x * factor));
        return [y];
      },
    }),
  );

/** What `failures` of a report hold, each with the check that failed. */
async function failuresOf(backend: Backend<TypedArray> | CpuReference, options: ConformanceOptions = {}): Promise<string[]> {
  const found = await report(() => backend, options);
  expect(found.passed).toBe(false);
  return [
    ...found.rows.flatMap(row => row.failures),
    ...found.rules.flatMap(({ rule, failure }) => (failure ? [`${rule}: ${failure}`] : [])),
  ];
}

describe('by rows', () => {
  test('wrong numbers', async () => {
    const failures = await failuresOf(expTimes(1.001), { only: ['exp'] });
    expect(failures.join('\n')).toContain('exp, forward, float32');
  });

  test('a composite that is not its composition, and one that is right', async () => {
    const make = (factor: number) =>
      withKernels(({ allocate }) => ({
        reluGrad: ([y, dy], _, [spec]) => {
          const dx = allocate(spec!);
          dx.set(dy!.buffer.map((d, i) => (y!.buffer[i]! > 0 ? factor * d : 0)));
          return [dx];
        },
      }));
    const failures = await failuresOf(make(2), { only: ['relu'] });
    expect(failures).toContainEqual(expect.stringContaining('relu, gradient, float64: gradient: element'));
    expect(failures).toContainEqual(
      expect.stringContaining('gradient of kernel and composition, float32: gradients by the kernels reluGrad'),
    );
    expect(failures).not.toContainEqual(expect.stringContaining('forward'));
    const { rows } = await report(() => make(1), { only: ['relu'] });
    expect(rows).toEqual([{ op: 'relu', forward: 'pass', gradient: 'pass', fallbacks: [], failures: [] }]);
  });

  test('a mistake that only second gradients meet', async () => {
    // d log(x) = dx / x; only the derivative of that has a sign to get wrong.
    const backend = withTable(table =>
      Object.assign(Object.create(null), table, { neg: (...call: unknown[]) => table.abs!(...call) }),
    );
    const failures = await failuresOf(backend, { only: ['log'] });
    expect(failures.length).toBeGreaterThan(0);
    for (const failure of failures) expect(failure).toMatch(/^log, second gradient, float(32|64): second gradient: element/);
  });

  test('a kernel that changes its input', async () => {
    const backend = withTable(table => ({
      ...table,
      neg: (inputs: { buffer: TypedArray }[], ...call: unknown[]) => {
        const results = table.neg!(inputs, ...call);
        inputs[0]!.buffer.fill(1);
        return results;
      },
    }));
    const failures = await failuresOf(backend, { only: ['neg'] });
    expect(failures).toContainEqual(expect.stringContaining('neg, inputs stay as they were, float32: input 0 afterwards'));
  });

  test('a kernel that trips over one tensor given twice', async () => {
    const backend = withTable(table => ({
      ...table,
      mul: ([a, b]: { buffer: TypedArray }[], ...call: unknown[]) =>
        a!.buffer === b!.buffer ? table.add!([a, b], ...call) : table.mul!([a, b], ...call),
    }));
    const failures = await failuresOf(backend, { only: ['mul: equal shapes'] });
    expect(failures).toContainEqual(expect.stringContaining('mul: equal shapes, one tensor twice, float32'));
  });

  test('a step that overwrites what somebody keeps', async () => {
    const backend = withTable(table => ({
      ...table,
      sgdStep: (inputs: { buffer: TypedArray }[], _: unknown, specs: { dtype: string }[], reuse: boolean[]) => {
        const own = specs.map((spec, i) => (reuse[i] ? inputs[i]!.buffer : backend.write(inputs[i]!.buffer, spec as never)));
        inputs[0]!.buffer.forEach((p, i) => {
          own[0]![i] = p - 0.05 * inputs.at(-1)!.buffer[i]!;
        });
        if (!reuse[0]) inputs[0]!.buffer.fill(0);
        return own;
      },
    }));
    const failures = await failuresOf(backend, { only: ['sgdStep'] });
    expect(failures).toContainEqual(
      expect.stringContaining('sgdStep, in place, float32: a tensor that the step may not change, 0'),
    );
    expect(failures).not.toContainEqual(expect.stringContaining('sgdStep, forward'));
  });

  test("a mistake that the oracle shares is seen by PyTorch's numbers", async () => {
    // The oracle is made of the same functions.
    const exp = vi.spyOn(Math, 'exp').mockImplementation(x => 1 / (1 - x / 2));
    const failures = await failuresOf(cpuReference(), { only: ['sigmoid'], skip: ['NaN', 'far from'] }).finally(() =>
      exp.mockRestore(),
    );
    expect(failures.length).toBeGreaterThan(0);
    for (const failure of failures) expect(failure).toMatch(/PyTorch's (outputs|gradients)/);
  });

  test('scratch memory that a kernel keeps', async () => {
    const backend = cpuReference();
    const kernels = Object.assign(Object.create(null), backend.kernels, {
      exp: (...call: Parameters<typeof backend.kernels.exp>) => {
        backend.write(new Float32Array(1), { shape: [1], dtype: 'float32' });
        return backend.kernels.exp(...call);
      },
    });
    const failures = await failuresOf({ ...backend, kernels }, { only: ['exp: a scalar'] });
    expect(failures).toContain(
      'exp: a scalar, forward, float32: all buffers were freed, but the backend holds 1 more than before',
    );
  });

  test('numbers that are read as another dtype', async () => {
    const backend = cpuReference();
    const read: Backend<TypedArray>['read'] = async buffer => Float64Array.from(buffer);
    const failures = await failuresOf({ ...backend, read }, { only: ['exp: a scalar'] });
    expect(failures).toEqual(['exp: a scalar, shape, float32: an output of float32 [] is read as a Float64Array of 1 numbers']);
  });

  test('a missing primitive', async () => {
    const backend = withTable(({ exp: _, ...table }) => Object.assign(Object.create(null), table));
    const failures = await failuresOf(backend, { only: ['exp'] });
    expect(failures).toContainEqual(expect.stringContaining("lacks the primitive 'exp'"));
  });
});

describe('by rules', () => {
  const only = { skip: [...new Set(opCases.map(({ op }) => op))].filter(op => op !== 'stopGradient') };
  const reference = () => cpuReference({ poison: true });
  const mistakes: Readonly<Record<string, readonly [backend: () => Backend<TypedArray>, message: string]>> = {
    'a primitive that is missing': [
      () => withTable(({ sort: _, ...table }) => Object.assign(Object.create(null), table)),
      'no kernel for the primitives sort',
    ],
    'a table with a prototype': [() => withTable(table => ({ ...table })), 'has a prototype'],
    'a read that is a view': [
      () => {
        const backend = reference();
        return { ...backend, read: async buffer => buffer };
      },
      'after what was read was overwritten',
    ],
    'a write that keeps the array': [
      () => {
        const backend = reference();
        const writes = new Map<TypedArray, TypedArray>();
        return {
          ...backend,
          write: (data, spec) => {
            const buffer = backend.write(data, spec);
            writes.set(buffer, data);
            return buffer;
          },
          read: async buffer => (writes.get(buffer) ?? buffer).slice(),
        };
      },
      'after the array they came from was overwritten',
    ],
    'a free that does not wait': [
      () => {
        const backend = reference();
        const gone = new Set<TypedArray>();
        return {
          ...backend,
          free: buffer => void gone.add(buffer),
          // Numbers are looked at later, as on a device.
          read: buffer => Promise.resolve().then(() => (gone.has(buffer) ? buffer.map(() => 0) : buffer.slice())),
        };
      },
      'a tensor read while it is disposed',
    ],
    'writing after dispose': [
      () => ({ ...reference(), dispose: async () => {} }),
      'a tensor made and read after dispose is no error',
    ],
  };
  test.each(Object.entries(mistakes))('%s', async (_, [make, message]) => {
    const found = await report(make, only);
    expect(formatReport(found)).toContain(message);
    expect(found.passed).toBe(false);
  });

  test('a failure that is lost on the way', async () => {
    const lost = () => {
      const backend = laterBackend({ fails: op => op === 'exp' });
      return { ...backend, read: (buffer: never, spec: never) => backend.read(buffer, spec).catch(() => new Float32Array(1)) };
    };
    const found = await report(() => laterBackend(), { ...only, failing: lost });
    expect(formatReport(found)).toContain('reading what was made of the result of a kernel that failed is no error');
    const silent = () => ({ ...laterBackend({ fails: op => op === 'exp' }), flush: async () => {} });
    expect(formatReport(await report(() => laterBackend(), { ...only, failing: silent }))).toContain(
      'a flush after a failure is no error',
    );
  });

  test('a buffer that is kept', async () => {
    const backend = reference();
    const keeps: Backend<TypedArray> = {
      ...backend,
      kernels: Object.assign(Object.create(null), backend.kernels, {
        exp: (...call: Parameters<typeof backend.kernels.exp>) =>
          [...backend.kernels.exp(...call)!, backend.write(new Float32Array(1), { shape: [1], dtype: 'float32' })].slice(0, 2),
      }),
    };
    const found = await report(() => keeps, { only: ['exp'] });
    expect(found.rows[0]!.failures[0]).toContain('gave 2 buffers for 1 outputs');
  });
});

describe('selfTest', () => {
  test('passes on the CPU backends and leaves them as they were', async () => {
    const backend = await cpu();
    const x = tensor(backend, [1, 2]);
    expect(await selfTest(backend)).toEqual({ passed: true, failures: [] });
    expect(backend.live()).toBe(1);
    expect(Array.from(tidy(() => ops.add(x, 1)).dataSync())).toEqual([2, 3]);
    await backend.dispose();
  });

  test('names the op that a driver gets wrong', async () => {
    const backend = withTable(table =>
      Object.assign(Object.create(null), table, {
        cumsum: (inputs: unknown, attrs: object, ...call: unknown[]) =>
          table.cumsum!(inputs, { ...attrs, exclusive: false }, ...call),
      }),
    );
    const { passed, failures } = await selfTest(backend);
    expect(passed).toBe(false);
    expect(new Set(failures.map(({ op }) => op))).toEqual(new Set(['cumsum']));
    expect(failures[0]!.message).toMatch(/^output: element 0 is .*, it should be /);
  });
});

describe('options', () => {
  test.each([
    [{ tolerence: 1 }, "report: option 'tolerence' is 1; allowed: no option of this name"],
    [{ tolerance: 0 }, "report, tolerance: option 'elementwise' is 0; allowed: a number > 0"],
    [{ tolerance: { products: 1 } }, "report, tolerance: option 'products' is 1"],
    [{ only: ['conv4d'] }, "report: option 'only' is 'conv4d'; allowed: the name of an op"],
    [{ skip: ['no such row'] }, "report: option 'skip' is 'no such row'"],
    [{ only: 'conv2d' }, "report: option 'only' is 'conv2d'; allowed: a list"],
  ])('%o is refused', async (options, message) => {
    await expect(report(() => cpuReference(), options as never)).rejects.toThrow(message);
  });

  test('only, skip and tolerance', async () => {
    const { rows, rules } = await report(() => expTimes(1.01), {
      only: ['exp', 'a kernel of 1'],
      skip: ['NaN', 'far from'],
      tolerance: 0.05,
    });
    expect(rows.map(({ op, failures }) => [op, failures])).toEqual([
      ['exp', []],
      ['conv2d', []],
    ]);
    expect(rules).toEqual([]);
    const strict = await report(() => expTimes(1.01), { only: ['exp'], skip: ['far from'], tolerance: { elementwise: 0.05 } });
    expect(strict.rows[0]!.failures.filter(failure => failure.includes('forward'))).toEqual([]);
    expect(strict.rows[0]).toMatchObject({ forward: 'pass', gradient: 'fail' });
  });

  test('a backend without float64 is checked in float32, by the oracle in float64', async () => {
    const single = { ...cpuReference(), dtypes: ['float32', 'int32'] as const };
    const { rows, passed } = await report(() => single, { only: ['matmul', 'where', 'logicalNot', 'cast'] });
    expect(passed).toBe(true);
    expect(rows.map(({ op, forward, gradient }) => [op, forward, gradient])).toEqual([
      ['logicalNot', 'none', 'none'],
      ['cast', 'pass', 'pass'],
      ['where', 'none', 'none'],
      ['matmul', 'pass', 'pass'],
    ]);
  });
});
