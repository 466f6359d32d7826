import { type ConvolutionAttrs, grad, OptionError, ops, sizeOf, step, tensor, Variable } from '@cnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CpuMemory, type CpuOptions, cpu, type Runtime } from '../src/index.js';
import { parallel } from '../src/threads/parallel.js';
import { convolutionBy, exactAlgorithm, fastAlgorithm, winogradAlgorithms } from '../src/wasm/convolution.js';
import { direct } from '../src/wasm/convolution-direct.js';
import { type ConvolutionAlgorithm, type Geometry, geometryOf } from '../src/wasm/convolution-geometry.js';
import { isWinograd, transforms, winogradBy } from '../src/wasm/convolution-winograd.js';
import { instantiate, loadModule } from '../src/wasm/module.js';
import { type Operand, operand, type Run, start } from './product-helpers.js';

type Name = keyof typeof transforms;
const names = Object.keys(transforms) as Name[];
const algorithms = Object.fromEntries(names.map(name => [name, winogradBy(transforms[name])])) as Record<
  Name,
  ConvolutionAlgorithm
>;
/** With tiles of 2 x 2 there is no weight gradient. */
const hasWeightGrad = (name: Name) => transforms[name].tile === 4;
const kernelsOf = (name: Name) =>
  convolutionBy(() => (_, pass) => (pass === 'weightGrad' && !hasWeightGrad(name) ? direct : algorithms[name]));
const startAll = async (build: 'simd' | 'relaxed') =>
  Object.fromEntries(await Promise.all(names.map(async name => [name, await start(build, kernelsOf(name))]))) as Record<
    Name,
    Awaited<ReturnType<typeof start>>
  >;
const backends = { simd: await startAll('simd'), relaxed: await startAll('relaxed') };

/** The bounds that the documentation states: of the error's norm over that of what is expected, and of the largest over the root mean square. */
const bounds: Record<Name, { relative: number; largest: number }> = {
  '2x3': { relative: 1e-6, largest: 3e-5 },
  '4x3': { relative: 2e-6, largest: 1e-4 },
  '4x5': { relative: 1e-5, largest: 2e-4 },
};

interface Case {
  /** Height and width of the kernel. */
  readonly kernel: number;
  readonly n: number;
  readonly channels: number;
  readonly filters: number;
  readonly size: readonly [number, number];
  /** Top, bottom, left, right. */
  readonly padding: readonly [number, number, number, number];
}

const basic: Case = { kernel: 3, n: 2, channels: 8, filters: 8, size: [12, 12], padding: [1, 1, 1, 1] };

const attrsOf = ({ padding: [top, bottom, left, right] }: Case): ConvolutionAttrs => ({
  stride: [1, 1],
  dilation: [1, 1],
  groups: 1,
  padding: [
    [top, bottom],
    [left, right],
  ],
});

/** A case as it is for another kernel: with as much more padding, or, where there is none, a larger image. */
function forKernel(kernel: number, c: Case): Case {
  const more = kernel - 3;
  const padded = (i: number) => c.padding[i]! + c.padding[i + 1]! > 0;
  return {
    ...c,
    kernel,
    size: [c.size[0] + (padded(0) ? 0 : more), c.size[1] + (padded(2) ? 0 : more)],
    padding: c.padding.map(n => (n > 0 ? n + more / 2 : 0)) as unknown as Case['padding'],
  };
}

function shapesOf({ kernel, n, channels, filters, size, padding: [top, bottom, left, right] }: Case) {
  const outHeight = size[0] + top + bottom - kernel + 1;
  const outWidth = size[1] + left + right - kernel + 1;
  return { x: [n, channels, ...size], weight: [filters, channels, kernel, kernel], y: [n, filters, outHeight, outWidth] };
}

const geometry = (c: Case): Geometry => geometryOf(shapesOf(c).x, [c.kernel, c.kernel], shapesOf(c).y, attrsOf(c));

/** y, dx and dweight in float64, straight from the definition. */
function naive(c: Case, x: Operand, weight: Operand, bias: Operand | undefined, dy: Operand) {
  const [height, width] = c.size;
  const [top, , left] = c.padding;
  const [, , outHeight, outWidth] = dy.shape as [number, number, number, number];
  const [y, dx, dw] = [dy, x, weight].map(({ shape }) => new Float64Array(sizeOf(shape))) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let image = 0; image < c.n; image++) {
    for (let filter = 0; filter < c.filters; filter++) {
      for (let oy = 0; oy < outHeight; oy++) {
        for (let ox = 0; ox < outWidth; ox++) {
          const out = ((image * c.filters + filter) * outHeight + oy) * outWidth + ox;
          y[out] = bias?.data[filter] ?? 0;
          for (let channel = 0; channel < c.channels; channel++) {
            for (let tap = 0; tap < c.kernel ** 2; tap++) {
              const iy = oy + Math.floor(tap / c.kernel) - top;
              const ix = ox + (tap % c.kernel) - left;
              if (iy < 0 || ix < 0 || iy >= height || ix >= width) continue;
              const at = ((image * c.channels + channel) * height + iy) * width + ix;
              const weightAt = (filter * c.channels + channel) * c.kernel ** 2 + tap;
              y[out]! += x.data[at]! * weight.data[weightAt]!;
              dx[at]! += dy.data[out]! * weight.data[weightAt]!;
              dw[weightAt]! += dy.data[out]! * x.data[at]!;
            }
          }
        }
      }
    }
  }
  return { y, dx, dw };
}

/** The error's norm over that of what is expected, and the largest error over the root of its mean square. */
function errorsOf(actual: Float32Array, expected: Float64Array): { relative: number; largest: number } {
  expect(actual.length).toBe(expected.length);
  let squares = 0;
  let errors = 0;
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(error)) expect.fail(`element ${i} of ${actual.length} is ${actual[i]}, expected ${expected[i]}`);
    squares += expected[i]! ** 2;
    errors += error ** 2;
    largest = Math.max(largest, error);
  }
  return { relative: Math.sqrt(errors / squares), largest: largest / Math.sqrt(squares / actual.length) };
}

function expectNear(name: Name, actual: Float32Array, expected: Float64Array): void {
  const { relative, largest } = errorsOf(actual, expected);
  expect(relative).toBeLessThan(bounds[name].relative);
  expect(largest).toBeLessThan(bounds[name].largest);
}

function check(name: Name, run: Run, c: Case): void {
  expect(isWinograd(transforms[name], geometry(c))).toBe(true);
  const attrs = attrsOf(c);
  const shapes = shapesOf(c);
  const x = operand(shapes.x, 1);
  const weight = operand(shapes.weight, 2);
  const bias = operand([c.filters], 3);
  const dy = operand(shapes.y, 4);
  const expected = naive(c, x, weight, undefined, dy);
  const forward = () => run('conv2d', [x, weight], attrs, dy.shape);
  const inputGrad = () => run('conv2dInputGrad', [dy, weight], { ...attrs, inputSize: c.size }, x.shape);
  const weightGrad = () => run('conv2dWeightGrad', [x, dy], { ...attrs, kernelSize: [c.kernel, c.kernel] }, weight.shape);
  const [y, dx, dw] = [forward(), inputGrad(), weightGrad()];
  expectNear(name, y, expected.y);
  const biased = run('conv2d', [x, weight, bias], attrs, dy.shape);
  expectNear(name, biased, naive(c, x, weight, bias, dy).y);
  expect(run('conv2dRelu', [x, weight, bias], attrs, dy.shape)).toEqual(biased.map(value => Math.max(0, value)));
  expectNear(name, dx, expected.dx);
  expectNear(name, dw, expected.dw);
  expect([forward(), inputGrad(), weightGrad()]).toEqual([y, dx, dw]);
}

const cases: [string, Partial<Case>][] = [
  ['whole tiles', {}],
  ['one tile', { n: 1, size: [4, 4] }],
  ['one tile without padding', { n: 1, size: [6, 6], padding: [0, 0, 0, 0] }],
  ['no padding', { size: [14, 10], padding: [0, 0, 0, 0] }],
  ['clipped tiles', { size: [7, 9] }],
  ['one row and column in the last tiles', { size: [5, 13] }],
  ['images of one row', { size: [1, 9] }],
  ['an output of one row', { size: [3, 9], padding: [0, 0, 1, 1] }],
  ['more rows of padding than the kernel has', { size: [2, 5], padding: [7, 6, 2, 1] }],
  ['padding on one side', { size: [9, 10], padding: [0, 2, 2, 0] }],
  ['padding on the other side', { size: [9, 10], padding: [2, 0, 0, 2] }],
  ['a right side of nothing but padding', { size: [5, 4], padding: [1, 0, 0, 13] }],
  ['padding of 2', { size: [5, 6], padding: [2, 2, 2, 2] }],
  ['one channel and one filter', { channels: 1, filters: 1 }],
  ['channels and filters that divide no block', { channels: 5, filters: 13, size: [9, 11] }],
  ['fewer channels than lanes', { channels: 3, filters: 2, size: [10, 5] }],
  ['more filters than panels of equal size', { channels: 9, filters: 19, size: [6, 7] }],
  ['tiles that end in the middle of a block', { n: 9, channels: 4, filters: 3, size: [13, 11] }],
  ['blocks that begin in the middle of a row of tiles', { n: 3, channels: 2, filters: 3, size: [9, 150] }],
  ['rows longer than a block', { n: 1, channels: 2, filters: 3, size: [5, 600] }],
  ['many small images', { n: 70, channels: 3, filters: 5, size: [4, 4] }],
  ['512 channels', { n: 1, channels: 512, filters: 6, size: [8, 8] }],
  ['many channels', { n: 1, channels: 130, filters: 70, size: [8, 8] }],
];

describe.each(names.flatMap(name => [[name, 'simd'] as const, [name, 'relaxed'] as const]))('%s, %s', (name, build) => {
  const { run } = backends[build][name];
  const { kernel } = transforms[name];

  test.each(cases)('%s', (_, c) => check(name, run, forKernel(kernel, { ...basic, ...c })));

  test('any sizes', () => {
    const between = (min: number, max: number) => fc.integer({ min, max });
    const anyCase: fc.Arbitrary<Case> = fc
      .record({
        kernel: fc.constant(kernel),
        n: between(1, 5),
        channels: between(1, 11),
        filters: between(1, 14),
        size: fc.tuple(between(1, 19), between(4, 23)),
        padding: fc.tuple(between(0, 4), between(0, 4), between(0, kernel - 1), between(0, 4)),
      })
      .filter(c => shapesOf(c).y[2]! > 0 && isWinograd(transforms[name], geometry(c)));
    fc.assert(
      fc.property(anyCase, c => check(name, run, c)),
      { numRuns: 60 },
    );
  });
});

test.each(['simd', 'relaxed'] as const)('pointers above 2 GiB: %s', async build => {
  const { run } = await start(build, kernelsOf('4x3'), 2.25 * 2 ** 30);
  check('4x3', run, { ...basic, channels: 5, filters: 7, size: [9, 10] });
});

describe('nothing is written beside the memory that is asked for, nor read behind the inputs', async () => {
  const { module } = await loadModule('simd', false);
  const wasm = new WebAssembly.Memory({ initial: 512, maximum: 65_536 });
  const exports = await instantiate(module, wasm);
  const f32 = new Float32Array(wasm.buffer);
  const u8 = new Uint8Array(wasm.buffer);
  const memory = { f32, u8, i32: new Int32Array(wasm.buffer), prepared: () => undefined } as unknown as CpuMemory;

  const bufferAt = (pointer: number) => ({ pointer, byteLength: 0 });

  /** Calls an algorithm with one of two inputs in the last bytes of the memory, and with 64 bytes of guard around all others. */
  function callWith(
    last: Operand,
    other: Operand,
    outputSize: number,
    call: (runtime: Runtime, last: number, other: number, output: number) => void,
  ): Float32Array {
    u8.fill(0xff, exports.heapBase());
    let end = exports.heapBase() + 64;
    const scratch = (bytes: number) => {
      const pointer = end;
      end = 64 * Math.ceil((pointer + bytes + 64) / 64);
      pieces.push([pointer, pointer + bytes]);
      return pointer;
    };
    const pieces: [start: number, end: number][] = [];
    const runtime = {
      build: 'simd',
      convolution: 'fast',
      memory,
      exports,
      scratch,
      ...parallel(exports, undefined),
    } as unknown as Runtime;
    const lastAt = u8.length - 4 * last.data.length;
    const otherAt = scratch(4 * other.data.length);
    const output = scratch(4 * outputSize);
    f32.set(last.data, lastAt / 4);
    f32.set(other.data, otherAt / 4);
    call(runtime, lastAt, otherAt, output);
    expect(end).toBeLessThan(lastAt);
    for (const [start, end] of pieces) {
      expect(u8.subarray(start - 64, start).every(byte => byte === 0xff)).toBe(true);
      expect(u8.subarray(end, end + 64).every(byte => byte === 0xff)).toBe(true);
    }
    return f32.slice(output / 4, output / 4 + outputSize);
  }

  test.each(names.flatMap(name => cases.map(([title, c]) => [name, title, c] as const)))('%s: %s', (name, _, partial) => {
    const c = forKernel(transforms[name].kernel, { ...basic, ...partial });
    const g = geometry(c);
    const shapes = shapesOf(c);
    const [x, weight, dy] = [operand(shapes.x, 1), operand(shapes.weight, 2), operand(shapes.y, 3)];
    const sizes = [dy, x, weight].map(({ data }) => data.length) as [number, number, number];
    const { y, dx, dw } = naive(c, x, weight, undefined, dy);
    const { forward, inputGrad, weightGrad } = algorithms[name];
    expectNear(
      name,
      callWith(x, weight, sizes[0], (r, x, weight, y) => forward(r, g, x, bufferAt(weight), undefined, y, false)),
      y,
    );
    expectNear(
      name,
      callWith(weight, x, sizes[0], (r, weight, x, y) => forward(r, g, x, bufferAt(weight), undefined, y, false)),
      y,
    );
    expectNear(
      name,
      callWith(dy, weight, sizes[1], (r, dy, weight, dx) => inputGrad(r, g, dy, bufferAt(weight), dx)),
      dx,
    );
    expectNear(
      name,
      callWith(weight, dy, sizes[1], (r, weight, dy, dx) => inputGrad(r, g, dy, bufferAt(weight), dx)),
      dx,
    );
    if (!hasWeightGrad(name)) return;
    expectNear(
      name,
      callWith(x, dy, sizes[2], (r, x, dy, dw) => weightGrad(r, g, x, dy, dw)),
      dw,
    );
    expectNear(
      name,
      callWith(dy, x, sizes[2], (r, dy, x, dw) => weightGrad(r, g, x, dy, dw)),
      dw,
    );
  });
});

describe('the choice', () => {
  const passes = ['forward', 'inputGrad', 'weightGrad'] as const;
  const sized = (n: number, channels: number, size: number, filters: number) =>
    geometry({ ...basic, n, channels, size: [size, size], filters });

  const algorithmOf = (name: Name) => winogradAlgorithms.find(({ transform }) => transform === transforms[name])!.algorithm;

  test.each<[string, Name, Geometry]>([
    ['64 channels of 32 x 32 pixels', '4x3', sized(16, 64, 32, 64)],
    ['64 channels of 56 x 56 pixels', '4x3', sized(1, 64, 56, 64)],
    ['256 channels of 14 x 14 pixels', '4x3', sized(1, 256, 14, 256)],
    ['512 channels of many images of 7 x 7 pixels', '4x3', sized(16, 512, 7, 512)],
    ['16 channels of 16 x 16 pixels', '4x3', sized(16, 16, 16, 16)],
    ['kernels of 5 x 5', '4x5', geometry(forKernel(5, { ...basic, n: 64, channels: 32, size: [14, 14], filters: 64 }))],
  ])('Winograd for %s, F(%s)', (_, name, g) => {
    for (const pass of passes) expect(fastAlgorithm(g, pass)).toBe(algorithmOf(name));
  });

  test.each<[string, Geometry]>([
    ['4 channels', sized(4, 4, 9, 4)],
    ['no images', sized(0, 64, 32, 64)],
    ['no channels', sized(4, 0, 32, 64)],
    ['no filters', sized(4, 64, 32, 0)],
    ['groups', { ...sized(16, 64, 32, 64), groups: 2 }],
    ['a kernel of 5 x 3', { ...sized(16, 64, 32, 64), kernelHeight: 5 }],
    ['a kernel of 3 x 5', { ...sized(16, 64, 32, 64), kernelWidth: 5 }],
    ['stride', { ...sized(16, 64, 32, 64), strideWidth: 2 }],
    ['stride in height', { ...sized(16, 64, 32, 64), strideHeight: 2 }],
    ['dilation', { ...sized(16, 64, 32, 64), dilationHeight: 2 }],
    ['dilation in width', { ...sized(16, 64, 32, 64), dilationWidth: 2 }],
    ['more padding on the left than the kernel meets', { ...sized(16, 64, 32, 64), left: 3 }],
    ['columns left out', { ...sized(16, 64, 32, 64), left: -1 }],
    ['three columns', { ...sized(16, 64, 32, 64), width: 3 }],
    ['three columns of output', { ...sized(16, 64, 32, 64), outWidth: 3 }],
  ])('direct for %s', (_, g) => {
    for (const pass of passes) expect(fastAlgorithm(g, pass)).toBe(exactAlgorithm(g));
  });

  test('small tiles where there are few: their transformed kernels are half as many', () => {
    expect(fastAlgorithm(sized(1, 512, 7, 512), 'forward')).toBe(algorithmOf('2x3'));
  });

  /** What `conv2d` gives for whole numbers, of which direct sums are whole. */
  async function sums(options: CpuOptions): Promise<Float32Array> {
    const backend = await cpu(options);
    const whole = (shape: number[], seed: number) => {
      const { data } = operand(shape, seed);
      return tensor(
        backend,
        data.map(value => Math.round(9 * value)),
        { shape },
      );
    };
    const [x, weight] = [whole([2, 16, 16, 16], 1), whole([16, 16, 3, 3], 2)];
    const y = ops.conv2d(x, weight, undefined, { padding: 1 });
    const data = (await y.data()) as Float32Array;
    for (const used of [x, weight, y]) used.dispose();
    await backend.dispose();
    return data;
  }

  test('exact keeps to direct sums, fast is the default', async () => {
    const exact = await sums({ convolution: 'exact' });
    const fast = await sums({});
    expect(exact.every(Number.isInteger)).toBe(true);
    expect(fast.every(Number.isInteger)).toBe(false);
    expect(await sums({ convolution: 'fast' })).toEqual(fast);
    expectNear('4x3', fast, Float64Array.from(exact));
  });

  test('another name is an error', async () => {
    await expect(cpu({ convolution: 'winograd' as 'fast' })).rejects.toThrow(OptionError);
  });
});

describe('transformed kernels that are kept', () => {
  const numbers = (shape: number[], seed: number) => operand(shape, seed).data;
  const attrs = { learningRate: 0.5, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, first: false };

  /** Two convolutions, a step that overwrites the weight, and two more, whose results and gradients must be of the new weight. */
  async function results(convolution: 'fast' | 'exact') {
    const backend = await cpu({ convolution, poison: true });
    const x = tensor(backend, numbers([4, 16, 12, 12], 1), { shape: [4, 16, 12, 12] });
    const weight = new Variable('weight', tensor(backend, numbers([16, 16, 3, 3], 2), { shape: [16, 16, 3, 3] }));
    const gradient = tensor(backend, numbers([16, 16, 3, 3], 3), { shape: [16, 16, 3, 3] });
    const convolve = () => {
      const { aux, grads, loss } = grad(() => {
        const y = ops.conv2d(x, weight.value, undefined, { padding: 1 });
        return { loss: ops.sum(ops.square(y)), y };
      }, [x]);
      const found = [aux.y, grads[0]!].map(made => made.dataSync() as Float32Array);
      for (const made of [aux.y, loss, ...grads]) made.dispose();
      return found;
    };
    const before = [convolve(), convolve()];
    const held = backend.memory().liveBytes;
    step(ops.sgdStepOp, [weight], [gradient], attrs);
    const released = held - backend.memory().liveBytes;
    const after = [convolve(), convolve()];
    for (const used of [x, weight, gradient]) used.dispose();
    expect(backend.memory()).toMatchObject({ liveBuffers: 0, liveBytes: 0 });
    await backend.dispose();
    return { before, after, released };
  }

  test('are those of the weight as it is', async () => {
    const fast = await results('fast');
    const exact = await results('exact');
    for (const when of ['before', 'after'] as const) {
      expect(fast[when][1]).toEqual(fast[when][0]);
      fast[when][0]!.forEach((found, i) => {
        expectNear('4x3', found, Float64Array.from(exact[when][0]![i]!));
      });
    }
    expect(fast.after[0]![0]).not.toEqual(fast.before[0]![0]);
    // Both passes kept 36 matrices of 16 x 16 floats, at least.
    expect(fast.released).toBeGreaterThanOrEqual(2 * 36 * 16 * 16 * 4);
  });
});
