import { type CpuReferenceRuntime, cpuReference } from '@cnn/backend-cpu';
import { spread } from '@cnn/backend-testkit';
import {
  type AnyBackend,
  apply,
  type Backend,
  formatProfile,
  grad,
  type Op,
  ops,
  type Profiler,
  profile,
  type Spec,
  shapesBackend,
  step,
  type Tensor,
  type TraceEvent,
  type TypedArray,
  tensor,
  tidy,
  UsageError,
  Variable,
  withLabel,
} from '@cnn/tensor';
import { describe, expect, test } from 'vitest';
import { directKernels } from './direct-kernels.js';
import { dispose } from './helpers.js';
import { laterBackend } from './later-backend.js';

const fast = () => cpuReference({ poison: true, kernels: directKernels });

/** What a small network is made of: 2 images of 1 x 6 x 6, a convolution of 3 filters 3 x 3, relu, and 4 classes. */
function network(backend: AnyBackend) {
  const floats = (seed: number, ...shape: number[]): Tensor =>
    tensor(
      backend,
      spread(
        shape.reduce((a, b) => a * b, 1),
        seed,
      ),
      { shape },
    );
  const images = floats(1, 2, 1, 6, 6);
  const labels = tensor(backend, [3, 0], { dtype: 'int32' });
  const variables = [
    new Variable('conv.weight', floats(2, 3, 1, 3, 3)),
    new Variable('head.weight', floats(3, 4, 48)),
    new Variable('head.bias', floats(4, 4)),
  ];
  const [filters, weight, bias] = variables as [Variable, Variable, Variable];
  const train = (): Tensor => {
    const { loss, grads } = grad(() => {
      const maps = withLabel('conv', () => tidy(() => ops.relu(ops.conv2d(images, filters.value))));
      const logits = withLabel('head', () => tidy(() => ops.linear(ops.reshape(maps, [2, 48]), weight.value, bias.value)));
      return ops.softmaxCrossEntropy(logits, labels);
    }, variables);
    const attrs = { learningRate: 0.1, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, first: false };
    variables.forEach((variable, i) => {
      withLabel(variable.name, () => step(ops.sgdStepOp, [variable], [grads[i]!], attrs));
    });
    dispose(grads);
    return loss;
  };
  const free = (): void => {
    for (const held of [images, labels, ...variables]) held.dispose();
  };
  return { train, variables, free };
}

/** The calls of each op in each layer, from the report. */
const callsOf = ({ report }: Pick<Profiler<AnyBackend>, 'report'>) =>
  Object.fromEntries(report().layers.map(({ name, ops }) => [name, Object.fromEntries(ops.map(op => [op.name, op.calls]))]));

describe('profile', () => {
  test('counts the calls of a training step, and gives gradients to the layer whose they are', () => {
    const profiler = profile(fast());
    const { train } = network(profiler.backend);
    expect(profiler.report()).toMatchObject({ calls: 0, kernelMs: 0, ops: [], layers: [] });
    train();
    expect(callsOf(profiler)).toEqual({
      // The images need no gradient, so there is no conv2dInputGrad.
      conv: { conv2d: 1, relu: 1, reluGrad: 1, conv2dWeightGrad: 1 },
      // Two products for the gradients of x and weight, a sum for the bias.
      head: { linear: 1, matmul: 2, sum: 1 },
      'conv.weight': { sgdStep: 1 },
      'head.weight': { sgdStep: 1 },
      'head.bias': { sgdStep: 1 },
      // The mean of two losses is a sum, a 2 and a division; its gradient starts with a 1 that is divided and spread over them.
      '': { softmaxCrossEntropy: 1, sum: 1, div: 2, fill: 2, broadcastTo: 1, softmaxCrossEntropyGrad: 1 },
    });
    const { ops, calls } = profiler.report();
    expect(ops.find(({ name }) => name === 'sgdStep')).toMatchObject({ calls: 3, declined: 0, failed: 0 });
    expect(calls).toBe(4 + 4 + 3 + 8);
  });

  test('counts floating-point operations and bytes by hand', () => {
    const profiler = profile(fast());
    network(profiler.backend).train();
    const work = (name: string) => {
      const { flops, bytesRead, bytesWritten } = profiler.report().ops.find(row => row.name === name)!;
      return { flops, bytesRead, bytesWritten };
    };
    // 2 n o oh ow c kh kw, and 4 bytes a number.
    const conv = 2 * 2 * 3 * 4 * 4 * 1 * 3 * 3;
    expect(work('conv2d')).toEqual({ flops: conv, bytesRead: 4 * (2 * 36 + 3 * 9), bytesWritten: 4 * 2 * 3 * 16 });
    expect(work('conv2dWeightGrad')).toEqual({ flops: conv, bytesRead: 4 * (2 * 36 + 2 * 3 * 16), bytesWritten: 4 * 3 * 9 });
    expect(work('linear')).toEqual({
      flops: 2 * 4 * (2 * 48 + 1),
      bytesRead: 4 * (2 * 48 + 4 * 48 + 4),
      bytesWritten: 4 * 2 * 4,
    });
    // p - η g on 27, 192 and 4 numbers: two operations, two reads and a write each.
    expect(work('sgdStep')).toEqual({ flops: 2 * 223, bytesRead: 8 * 223, bytesWritten: 4 * 223 });
    const layer = profiler.report().layers.find(({ name }) => name === 'conv')!;
    expect(layer.flops).toBe(2 * conv + 2 * 96);
    expect(layer.flops).toBe(layer.ops.reduce((total, op) => total + op.flops!, 0));
  });

  test('times are within the wall time, shares sum to 1 and rates are work by time', () => {
    const profiler = profile(fast());
    const start = performance.now();
    profiler.reset();
    const { train } = network(profiler.backend);
    for (let i = 0; i < 20; i++) train();
    const report = profiler.report();
    const wall = performance.now() - start;
    expect(report.kernelMs).toBeGreaterThan(0);
    expect(report.kernelMs).toBeLessThanOrEqual(report.wallMs);
    expect(report.wallMs).toBeLessThanOrEqual(wall);
    for (const rows of [report.ops, report.layers]) {
      expect(rows.reduce((total, { ms }) => total + ms, 0)).toBeCloseTo(report.kernelMs, 6);
      expect(rows.reduce((total, { share }) => total + share, 0)).toBeCloseTo(1, 6);
      expect(rows.map(({ ms }) => ms)).toEqual(rows.map(({ ms }) => ms).sort((a, b) => b - a));
    }
    const conv = report.ops.find(({ name }) => name === 'conv2d')!;
    expect(conv.gflopsPerSecond).toBeCloseTo((20 * 1728) / 1e9 / (conv.ms / 1e3), 9);
    expect(conv.gigabytesPerSecond).toBeCloseTo((20 * 780) / 1e9 / (conv.ms / 1e3), 9);
  });

  test('a wait inside a kernel is that op and layer, and no other', () => {
    const wait = () => {
      for (const start = performance.now(); performance.now() - start < 20; );
      return undefined;
    };
    const profiler = profile(cpuReference({ kernels: { conv2d: wait } }));
    network(profiler.backend).train();
    const { ops, layers } = profiler.report();
    expect([ops[0]!.name, layers[0]!.name, layers[0]!.ops[0]!.name]).toEqual(['conv2d', 'conv', 'conv2d']);
    expect(ops[0]!.ms).toBeGreaterThanOrEqual(20);
  });

  test('a kernel that declines has no work, and the parts of its composition do', () => {
    const profiler = profile(cpuReference({ kernels: runtime => ({ ...directKernels(runtime), linear: () => undefined }) }));
    network(profiler.backend).train();
    const row = (name: string) => profiler.report().ops.find(op => op.name === name)!;
    expect(row('linear')).toMatchObject({ calls: 0, declined: 1, flops: 0, bytesRead: 0, bytesWritten: 0 });
    // Forward x Wᵀ and + b; backward two products.
    expect(row('matmul').calls).toBe(3);
    expect(row('add')).toMatchObject({ calls: 1, flops: 8 });
    expect(callsOf(profiler).head).toEqual({ linear: 0, matmul: 3, add: 1, sum: 1 });
  });

  test('an error of a kernel comes through as it is, is recorded, and the label before it is back', () => {
    const lost = new Error('lost');
    const profiler = profile(
      cpuReference({
        kernels: {
          exp: () => {
            throw lost;
          },
        },
      }),
    );
    const x = tensor(profiler.backend, [1, 2]);
    const fail = () => withLabel('a', () => withLabel('b', () => ops.exp(x)));
    expect(fail).toThrow(lost);
    expect(() => grad(() => ops.sum(withLabel('c', () => ops.exp(x))), [x])).toThrow(lost);
    ops.neg(x).dispose();
    const row = (name: string) => profiler.report().layers.find(layer => layer.name === name)!;
    expect(row('a.b')).toMatchObject({ calls: 0, failed: 1, flops: 0, bytesRead: 0 });
    expect(row('c').failed).toBe(1);
    expect(row('').ops.map(({ name }) => name)).toEqual(['neg']);
    x.dispose();
    expect(profiler.backend.live()).toBe(0);
  });

  test('an error in a gradient rule leaves no label behind', () => {
    const profiler = profile(cpuReference());
    const x = tensor(profiler.backend, [1, 2]);
    const broken: Op<object> = {
      name: 'acme/broken',
      infer: ([x]) => [x!],
      compose: ([x]) => [ops.mul(x!, 2)],
      vjp: () => {
        throw new Error('no rule');
      },
    };
    expect(() => grad(() => ops.sum(withLabel('a', () => apply(broken, [x], {})[0]!)), [x])).toThrow('no rule');
    profiler.reset();
    ops.neg(x).dispose();
    expect(profiler.report().layers.map(({ name }) => name)).toEqual(['']);
  });

  test('the bits, the memory and the allocations are those of the backend alone', () => {
    const plain = fast();
    const { backend, report } = profile(fast());
    const bits = [plain, backend].map(each => {
      const { train, variables, free } = network(each);
      const numbers = Array.from({ length: 5 }, () => {
        const loss = train();
        const value = loss.dataSync();
        loss.dispose();
        return value;
      });
      numbers.push(...variables.map(({ value }) => value.dataSync()));
      free();
      return numbers.map(array => Buffer.from(array.buffer).toString('hex'));
    });
    expect(bits[1]).toEqual(bits[0]);
    expect(report().calls).toBe(5 * 19);
    expect([plain.live(), backend.live()]).toEqual([0, 0]);
  });

  test('records while it is told to, and forgets on reset', async () => {
    const profiler = profile(fast());
    const { train } = network(profiler.backend);
    profiler.recording = false;
    const { wallMs } = profiler.report();
    train();
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(profiler.recording).toBe(false);
    expect(profiler.report()).toMatchObject({ calls: 0, wallMs });
    profiler.recording = true;
    train();
    profiler.recording = false;
    train();
    expect(profiler.report().calls).toBe(19);
    expect(profiler.report().wallMs).toBeGreaterThanOrEqual(wallMs + profiler.report().kernelMs);
    profiler.reset();
    expect(profiler.report()).toMatchObject({ calls: 0, wallMs: 0, ops: [] });
    expect(profiler.recording).toBe(false);
  });

  test('an op of a plugin counts bytes, and has no known cost', () => {
    const twice: Op<object> = { name: 'acme/twice', infer: ([x]) => [x!], compose: ([x]) => [ops.mul(x!, 2)] };
    const kernels = ({ allocate }: CpuReferenceRuntime): object => ({
      'acme/twice': ([x]: { buffer: TypedArray }[], _: object, [spec]: Spec[]) => {
        const y = allocate(spec!);
        y.set(x!.buffer.map(v => 2 * v));
        return [y];
      },
    });
    const profiler = profile(cpuReference({ kernels }));
    const x = tensor(profiler.backend, [1, 2, 3]);
    withLabel('plug', () => {
      dispose(apply(twice, [x], {}), ops.neg(x));
    });
    const { ops: rows, layers } = profiler.report();
    const row = rows.find(({ name }) => name === 'acme/twice')!;
    expect(row).toMatchObject({ calls: 1, flops: null, gflopsPerSecond: null, bytesRead: 12, bytesWritten: 12 });
    // A sum with an unknown part is unknown.
    expect(layers[0]).toMatchObject({ name: 'plug', flops: null, gflopsPerSecond: null, bytesRead: 24 });
    expect(formatProfile(profiler.report())).toMatch(/acme\/twice +1 +0 +\d+\.\d\d +\d+\.\d +- +\d+\.\d\d\n/);
  });
});

describe('the backend of a profiler', () => {
  test('has all that the given one has, with private fields, getters and methods that were inherited', async () => {
    class Device implements Backend<TypedArray> {
      readonly #inner = cpuReference();
      readonly name = 'device';
      readonly dtypes = this.#inner.dtypes;
      readonly kernels = this.#inner.kernels;
      write = this.#inner.write;
      read = this.#inner.read;
      readSync = this.#inner.readSync;
      #freed = 0;
      free(buffer: TypedArray): void {
        this.#freed++;
        this.#inner.free(buffer);
      }
      get freed(): number {
        return this.#freed;
      }
      async flush(): Promise<void> {}
      dispose = this.#inner.dispose;
    }
    class Sub extends Device {
      build = 'simd';
    }
    const device = Object.freeze(new Sub());
    const { backend } = profile(device);
    expect([backend.name, backend.build, 'build' in backend, 'threads' in backend]).toEqual(['device', 'simd', true, false]);
    expect(Object.keys(backend)).toEqual(expect.arrayContaining(['name', 'dtypes', 'kernels', 'write', 'read', 'readSync']));
    const x = tensor(backend, [1, 2]);
    expect(await x.data()).toEqual(Float32Array.of(1, 2));
    x.dispose();
    expect(backend.freed).toBe(1);
    await backend.flush();
    await backend.dispose();
  });

  test('has the kernels of the given one, and no others', () => {
    const reference = cpuReference();
    const { kernels } = profile(reference).backend;
    expect(Object.keys(kernels).sort()).toEqual(Object.keys(reference.kernels).sort());
    expect(Object.getPrototypeOf(kernels)).toBe(null);
    expect((kernels as unknown as Record<string, unknown>).toString).toBeUndefined();
    expect(kernels.conv2d).toBeUndefined();
  });

  test('works where kernels are made as they are asked for, as in the shapes-only backend', () => {
    const profiler = profile(shapesBackend());
    dispose(ops.matmul(ops.zeros(profiler.backend, [2, 3]), ops.zeros(profiler.backend, [3, 4])));
    expect(profiler.report().ops.find(({ name }) => name === 'matmul')).toMatchObject({ calls: 1, flops: 48 });
  });

  test('can be profiled again', () => {
    const inner = profile(fast());
    const outer = profile(inner.backend);
    network(outer.backend).train();
    expect([inner.report().calls, outer.report().calls]).toEqual([19, 19]);
  });
});

describe('a backend that works later', () => {
  test('is said to, and gets no rates', async () => {
    const later = laterBackend();
    const profiler = profile(later);
    const { train, free } = network(profiler.backend);
    const loss = train();
    const plain = network(fast());
    expect(await loss.data()).toEqual(plain.train().dataSync());
    const report = profiler.report();
    expect(report).toMatchObject({ synchronous: false, backend: 'later', calls: 19 });
    for (const row of [...report.ops, ...report.layers]) {
      expect([row.gflopsPerSecond, row.gigabytesPerSecond]).toEqual([null, null]);
    }
    expect(report.ops.find(({ name }) => name === 'conv2d')!.flops).toBe(1728);
    expect(formatProfile(report)).toContain('The backend works later');
    loss.dispose();
    free();
    await profiler.backend.flush();
    expect([later.live(), later.pending()]).toEqual([0, 0]);
  });

  test('on one that does not, the report says nothing of it', () => {
    const report = profile(fast()).report();
    expect(report.synchronous).toBe(true);
    expect(formatProfile(report)).not.toContain('later');
  });
});

describe('withLabel', () => {
  test('nests, and refuses a promise', () => {
    const profiler = profile(cpuReference());
    const x = tensor(profiler.backend, [1, 2]);
    withLabel('a', () => {
      ops.neg(x);
      withLabel('b', () => ops.exp(x));
      ops.neg(x);
    });
    ops.neg(x);
    expect(callsOf(profiler)).toEqual({ a: { neg: 2 }, 'a.b': { exp: 1 }, '': { neg: 1 } });
    expect(() => withLabel('c', async () => x)).toThrow(UsageError);
  });

  test('second derivatives keep it', () => {
    const profiler = profile(cpuReference());
    const x = tensor(profiler.backend, 0.5);
    const { grads } = grad(() => grad(() => withLabel('a', () => ops.exp(x)), [x]).grads[0]!, [x]);
    expect(grads[0]!.dataSync()[0]).toBeCloseTo(Math.exp(0.5), 6);
    // e^x, its gradient's product with 1, and the product's gradient back to e^x and on to x: all but the first 1s are a's.
    expect(Object.keys(callsOf(profiler)).sort()).toEqual(['', 'a']);
    expect(callsOf(profiler)['']).toEqual({ fill: 2 });
  });

  test('the sum of the gradients of a value that is used twice is the part that gave the second', () => {
    const profiler = profile(cpuReference());
    const x = tensor(profiler.backend, [1, 2]);
    grad(() => {
      const y = withLabel('first', () => ops.neg(x));
      const z = withLabel('second', () => ops.neg(x));
      return ops.sum(ops.mul(y, z));
    }, [x]);
    // The tape unwinds from its end, so first's gradient is the later one.
    expect(callsOf(profiler)).toMatchObject({ first: { neg: 2, add: 1 }, second: { neg: 2 } });
  });
});

describe('a trace', () => {
  /** The rules of the Trace Event Format for complete events on one thread. */
  function check(events: readonly TraceEvent[]): void {
    const open: { end: number }[] = [];
    let last = 0;
    for (const { ph, name, ts, dur, pid, tid, args } of events) {
      expect(['X', 'M']).toContain(ph);
      expect([typeof name, typeof args]).toEqual(['string', 'object']);
      expect([pid, tid].every(Number.isSafeInteger)).toBe(true);
      expect(Number.isFinite(ts)).toBe(true);
      if (ph !== 'X') continue;
      // In whole nanoseconds, as the viewers keep them.
      const [start, length] = [Math.round(ts * 1000), Math.round(dur! * 1000)];
      expect(Math.abs(ts * 1000 - start) + Math.abs(dur! * 1000 - length)).toBeLessThan(1e-3);
      expect(length).toBeGreaterThanOrEqual(0);
      expect(start).toBeGreaterThanOrEqual(last);
      last = start;
      while (open.length > 0 && open.at(-1)!.end <= start) open.pop();
      // What is still open ends later: an event lies wholly inside it.
      if (open.length > 0) expect(start + length).toBeLessThanOrEqual(open.at(-1)!.end);
      open.push({ end: start + length });
    }
  }

  test('is JSON that follows the rules of the format, with a run of each layer around its kernels', () => {
    const profiler = profile(fast());
    const { train } = network(profiler.backend);
    train();
    train();
    const { traceEvents, ...rest } = JSON.parse(JSON.stringify(profiler.trace())) as ReturnType<typeof profiler.trace>;
    expect(rest).toEqual({ displayTimeUnit: 'ms', otherData: { backend: 'cpu:reference', synchronous: true } });
    check(traceEvents);
    expect(traceEvents.filter(({ ph }) => ph === 'M').map(({ name, args }) => [name, args.name])).toEqual([
      ['process_name', 'cnn on cpu:reference'],
      ['thread_name', 'kernels'],
    ]);
    const kernels = traceEvents.filter(({ cat }) => cat === 'kernel');
    expect(kernels.length).toBe(38);
    expect(kernels.find(({ name }) => name === 'conv2d')!.args).toEqual({
      layer: 'conv',
      outcome: 'ran',
      inputs: ['float32 [2, 1, 6, 6]', 'float32 [3, 1, 3, 3]'],
      outputs: ['float32 [2, 3, 4, 4]'],
      flops: 1728,
      bytesRead: 396,
      bytesWritten: 384,
    });
    const layers = traceEvents.filter(({ cat }) => cat === 'layer');
    const pass = ['conv', 'head', 'head', 'conv', 'conv.weight', 'head.weight', 'head.bias'];
    expect(layers.map(({ name }) => name)).toEqual([...pass, ...pass]);
    // Each kernel of a layer lies in a run of it, and the ends are told the same.
    for (const { args, ts, dur } of kernels) {
      const around = layers.filter(layer => layer.ts <= ts && ts + dur! <= layer.ts + layer.dur! + 1e-6);
      if (args.layer) expect(around.map(({ name }) => name)).toContain(args.layer);
    }
    const total = kernels.reduce((sum, { dur }) => sum + dur!, 0) / 1000;
    expect(total).toBeCloseTo(profiler.report().kernelMs, 3);
  });

  test('two runs of one layer are two, also where nothing is between them', () => {
    const profiler = profile(cpuReference());
    const x = tensor(profiler.backend, [1, 2]);
    for (let i = 0; i < 2; i++) withLabel('a', () => dispose(ops.neg(x), ops.exp(x)));
    expect(profiler.trace().traceEvents.filter(({ cat }) => cat === 'layer').length).toBe(2);
  });

  test('tells what declined and failed, and is empty before anything ran', () => {
    const fail = () => {
      throw new Error('lost');
    };
    const profiler = profile(cpuReference({ kernels: { linear: () => undefined, exp: fail } }));
    expect(profiler.trace().traceEvents.map(({ ph }) => ph)).toEqual(['M', 'M']);
    const x = tensor(profiler.backend, [[1, 2]]);
    ops.linear(x, x);
    expect(() => ops.exp(x)).toThrow('lost');
    const { traceEvents } = profiler.trace();
    check(traceEvents);
    expect(traceEvents.slice(2).map(({ name, args }) => [name, args.outcome])).toEqual([
      ['linear', 'declined'],
      ['matmul', 'ran'],
      ['exp', 'failed'],
    ]);
  });
});

describe('formatProfile', () => {
  const row = { calls: 2, declined: 0, failed: 0, flops: 3e6, bytesRead: 1e6, bytesWritten: 1e6 };
  const rates = { gflopsPerSecond: 1.5, gigabytesPerSecond: 1 };

  test('is a table of ops and one of layers; what is small is put together', () => {
    const big = { ...row, ...rates, name: 'conv2d', ms: 2, share: 0.992 };
    const small = (name: string) => ({ ...row, gflopsPerSecond: null, gigabytesPerSecond: null, name, ms: 0.008, share: 0.004 });
    const text = formatProfile({
      backend: 'cpu',
      synchronous: true,
      wallMs: 4,
      kernelMs: 2.016,
      calls: 6,
      ops: [big, small('acme/twice')],
      layers: [
        { ...big, name: '', ops: [big] },
        { ...small('relu1'), ops: [] },
        { ...small('relu2'), ops: [] },
      ],
    });
    expect(text.split('\n').map(line => line.trimEnd())).toEqual([
      'cpu: 4.0 ms, of which 2.0 ms (50.4 %) in 6 calls of kernels',
      '',
      'op          calls  declined    ms     %  GFLOP/s  GB/s',
      '------------------------------------------------------',
      'conv2d          2         0  2.00  99.2     1.50  1.00',
      'acme/twice      2         0  0.01   0.4        -     -',
      '',
      'layer             calls  declined    ms     %  GFLOP/s  GB/s',
      '------------------------------------------------------------',
      '(outside layers)      2         0  2.00  99.2     1.50  1.00',
      '  conv2d              2         0  2.00  99.2     1.50  1.00',
      '2 more with 0.8 % together',
    ]);
  });
});
