/** Each mistake gets an error that names it, and leaves nothing behind. */
import { cpuReference } from '@cnn/backend-cpu';
import {
  apply,
  BackendError,
  CnnError,
  DTypeError,
  FormatError,
  grad,
  type None,
  type Op,
  OptionError,
  ops,
  ShapeError,
  type Tensor,
  tensor,
  tidy,
  UsageError,
  Variable,
  VERSION,
} from '@cnn/tensor';
import { expect, test, vi } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { dispose, float64, testOnEach, testOnReference } from './helpers.js';

const { add, exp, mul, neg, reshape, sum } = ops;

const unary = (name: string, rest: Partial<Op<None>>): Op<None> => ({ name: `test/${name}`, infer: ([x]) => [x!], ...rest });
const one = (op: Op<None>, ...inputs: Tensor[]): Tensor => apply(op, inputs, {})[0]!;

test('every error is a CnnError with a name of its own', () => {
  const errors = [
    new ShapeError('x'),
    new DTypeError('x'),
    new BackendError('x'),
    new UsageError('x'),
    new OptionError('conv2d', 'stride', 0, 'a whole number >= 1'),
    new FormatError('weights.safetensors', 'the header is cut off', 8),
  ];
  for (const error of errors) expect(error).toBeInstanceOf(CnnError);
  expect(errors.map(error => error.name)).toEqual([
    'ShapeError',
    'DTypeError',
    'BackendError',
    'UsageError',
    'OptionError',
    'FormatError',
  ]);
  expect(errors[4]!.message).toBe("conv2d: option 'stride' is 0; allowed: a whole number >= 1");
  expect(errors[5]!.message).toBe('weights.safetensors at byte 8: the header is cut off');
  expect(new FormatError('a.json', 'not JSON').message).toBe('a.json: not JSON');
});

test('VERSION is the version in package.json', () => {
  expect(VERSION).toBe(manifest.version);
});

testOnEach('use after dispose', async backend => {
  const x = float64(backend, [1, 2]);
  const gone = exp(x);
  gone.dispose();
  expect(gone.disposed).toBe(true);
  expect(gone.shape).toEqual([2]);
  const message = 'the tensor [2] was disposed';
  expect(() => add(x, gone)).toThrow(new UsageError(`add, input 1: ${message}`));
  expect(() => add(gone, 1)).toThrow(new UsageError(`add, input 0: ${message}`));
  expect(() => reshape(gone, [2, 1])).toThrow(new UsageError(`reshape, input 0: ${message}`));
  await expect(gone.data()).rejects.toThrow(new UsageError(`data: ${message}`));
  expect(() => gone.dataSync()).toThrow(new UsageError(`dataSync: ${message}`));
  await expect(gone.to(backend)).rejects.toThrow(UsageError);
  expect(() => grad(() => sum(x), [gone])).toThrow(new UsageError(`grad: ${message}`));
  let escaped: Tensor | undefined;
  tidy(() => {
    escaped = exp(x);
  });
  expect(() => neg(escaped!)).toThrow(new UsageError(`neg, input 0: ${message}`));
  dispose(x);
});

testOnEach('a loss that is no float scalar', backend => {
  const x = float64(backend, [1, 2]);
  expect(() => grad(() => exp(x), [x])).toThrow(
    new ShapeError('grad: the loss is float64 [2], not a float scalar; use sum or mean'),
  );
  expect(() => grad(() => sum(ops.cast(x, 'int32')), [x])).toThrow(
    new ShapeError('grad: the loss is int32 [], not a float scalar; use sum or mean'),
  );
  const message = 'grad, the loss: not a tensor';
  expect(() => grad(() => 3 as never, [x])).toThrow(new UsageError(message));
  expect(() => grad(() => undefined as never, [x])).toThrow(new UsageError(message));
  expect(() => grad(() => null as never, [x])).toThrow(new UsageError(message));
  expect(() => grad(() => ({ los: sum(x) }) as never, [x])).toThrow(new UsageError(message));
  dispose(x);
});

testOnEach('a callback that returns a promise', async backend => {
  const rejections: unknown[] = [];
  const note = (reason: unknown): void => void rejections.push(reason);
  process.on('unhandledRejection', note);
  const x = float64(backend, [1, 2]);
  const message = 'the callback returned a promise; await before it or after it, not inside';
  expect(() =>
    tidy(async () => {
      exp(x);
      throw new Error('lost');
    }),
  ).toThrow(new UsageError(`tidy: ${message}`));
  expect(() => grad((async () => sum(exp(x))) as never, [x])).toThrow(new UsageError(`grad: ${message}`));
  dispose(x);
  await new Promise(resolve => setTimeout(resolve, 5));
  process.off('unhandledRejection', note);
  expect(rejections).toEqual([]);
});

testOnEach('inputs on two backends', backend => {
  const other = cpuReference();
  const [x, y] = [float64(backend, [1, 2]), float64(other, [1, 2])];
  expect(() => add(x, y)).toThrow(
    new BackendError(`add: inputs on backends '${backend.name}' and 'cpu:reference'; move one with .to(backend)`),
  );
  dispose(x, y);
});

testOnEach('.to moves a tensor to another backend', async backend => {
  const other = cpuReference();
  const x = float64(backend, [1, 2, 3], [1, 3]);
  const moved = await x.to(other);
  expect(moved.backend).toBe(other);
  expect([moved.shape, moved.dtype]).toEqual([[1, 3], 'float64']);
  expect(Array.from(moved.dataSync())).toEqual([1, 2, 3]);
  dispose(x, moved);
});

test('a tensor of another copy of the package, and what is no tensor at all', async () => {
  const backend = cpuReference();
  vi.resetModules();
  const copy = await import('../src/index.js');
  const theirs = copy.tensor(backend, [1, 2]) as unknown as Tensor;
  const ours = tensor(backend, [1, 2]);
  expect(theirs).not.toBeInstanceOf(ours.constructor);
  const message = `the tensor was made by another copy of @cnn/tensor (${VERSION}; this is ${VERSION}); install one copy`;
  expect(() => exp(theirs)).toThrow(new UsageError(`exp, input 0: ${message}`));
  expect(() => add(ours, theirs)).toThrow(new UsageError(`add, input 1: ${message}`));
  expect(() => add(theirs, 1)).toThrow(new UsageError(`add, input 0: ${message}`));
  expect(() => grad(() => sum(ours), [theirs])).toThrow(new UsageError(`grad: ${message}`));
  for (const nothing of [{}, 'x', undefined, null] as unknown[] as Tensor[]) {
    expect(() => exp(nothing)).toThrow(new UsageError('exp, input 0: not a tensor'));
    expect(() => add(nothing, ours)).toThrow(new UsageError('add, input 0: not a tensor'));
    expect(() => add(ours, nothing)).toThrow(new UsageError('add, input 1: not a tensor'));
    expect(() => add(1, nothing)).toThrow(new UsageError('add, input 1: not a tensor'));
  }
  expect(() => add(1, 2)).toThrow(new UsageError('add: one of the two must be a tensor; got 1 and 2'));
});

testOnReference('kernels that break the rules', reference => {
  const allocate = (value: number): Float64Array =>
    reference.write(Float64Array.of(value), { shape: [], dtype: 'float64' }) as never;
  const backend = {
    ...reference,
    kernels: {
      ...reference.kernels,
      neg: ([x]: readonly { buffer: unknown }[]) => [x!.buffer],
      exp: () => {
        const y = allocate(1);
        return [y, y];
      },
      sin: () => {
        const y = allocate(1);
        return [y, y].slice(0, 1).concat(allocate(2));
      },
      cos: () => [],
      log: () => undefined,
      tanh: () => {
        throw new Error('kernel broke');
      },
      sqrt: undefined,
    },
  } as unknown as typeof reference;
  const x = float64(backend, 1);
  const on = "the kernel on 'cpu:reference'";
  expect(() => neg(x)).toThrow(new BackendError(`neg: ${on} gave back an input that it may not reuse`));
  expect(() => exp(x)).toThrow(new BackendError(`exp: ${on} gave 2 buffers for 1 outputs`));
  expect(() => ops.sin(x)).toThrow(new BackendError(`sin: ${on} gave 2 buffers for 1 outputs`));
  expect(() => ops.cos(x)).toThrow(new BackendError(`cos: ${on} gave 0 buffers for 1 outputs`));
  expect(() => ops.log(x)).toThrow(new BackendError("backend 'cpu:reference' declined the primitive 'log'"));
  expect(() => ops.sqrt(x)).toThrow(new BackendError("backend 'cpu:reference' lacks the primitive 'sqrt'"));
  expect(() => ops.tanh(x)).toThrow('kernel broke');
  expect(() => grad(() => sum(ops.tanh(mul(x, x))), [x])).toThrow('kernel broke');
  dispose(x);
});

testOnReference('a kernel that gives one buffer for two outputs', reference => {
  const backend = {
    ...reference,
    kernels: {
      ...reference.kernels,
      'test/two': () => {
        const y = reference.write(Float64Array.of(1), { shape: [], dtype: 'float64' });
        return [y, y];
      },
    },
  } as unknown as typeof reference;
  const x = float64(backend, 1);
  const two: Op<None> = { name: 'test/two', infer: ([x]) => [x!, x!], compose: ([x]) => [x!, x!] };
  expect(() => one(two, x)).toThrow(new BackendError("test/two: the kernel on 'cpu:reference' gave one buffer twice"));
  dispose(x);
});

testOnEach('ops that break the rules', backend => {
  const x = float64(backend, [1, 2]);
  expect(() => one(unary('nothing', {}), x)).toThrow(
    new BackendError(`backend '${backend.name}' lacks the primitive 'test/nothing'`),
  );
  expect(() => one(unary('wrongShape', { compose: ([x]) => [reshape(x!, [1, 2])] }), x)).toThrow(
    new ShapeError('test/wrongShape: compose gave float64 [1, 2], infer said float64 [2]'),
  );
  expect(() => one(unary('wrongCount', { compose: ([x]) => [x!, exp(x!)] }), x)).toThrow(
    new ShapeError('test/wrongCount: compose gave 2 outputs, infer said 1'),
  );
  const badGradient = unary('badGradient', { compose: ([x]) => [exp(x!)], vjp: ([dy]) => [sum(dy!)] });
  expect(() => grad(() => sum(one(badGradient, x)), [x])).toThrow(
    new ShapeError('gradient of test/badGradient: input 0 is float64 [2], its gradient float64 []'),
  );
  const badType = unary('badType', { compose: ([x]) => [exp(x!)], vjp: ([dy]) => [ops.cast(dy!, 'float32')] });
  expect(() => grad(() => sum(one(badType, x)), [x])).toThrow(
    new ShapeError('gradient of test/badType: input 0 is float64 [2], its gradient float32 [2]'),
  );
  dispose(x);
});

testOnEach('a rule that reads what its op does not save', backend => {
  const x = float64(backend, [1, 2]);
  const message = (name: string): string =>
    `mul, input 1: the op 'test/${name}' does not save this tensor for its gradient; see 'saves'`;
  const input = unary('input', {
    compose: ([x]) => [exp(x!)],
    vjp: ([dy], { inputs: [x] }) => [mul(dy!, x!)],
    saves: ['outputs'],
  });
  const output = unary('output', {
    compose: ([x]) => [exp(x!)],
    vjp: ([dy], { outputs: [y] }) => [mul(dy!, y!)],
    saves: ['inputs'],
  });
  expect(() => grad(() => sum(one(input, x)), [x])).toThrow(new UsageError(message('input')));
  expect(() => grad(() => sum(one(output, x)), [x])).toThrow(new UsageError(message('output')));
  const shape = unary('shape', {
    compose: ([x]) => [exp(x!)],
    vjp: ([dy], { inputs: [x] }) => [ops.broadcastTo(dy!, x!.shape)],
    saves: [],
  });
  dispose(grad(() => sum(one(shape, x)), [x])); // its spec may be read

  const pair = (rule: 0 | 1): Op<None> => ({
    name: 'test/pair',
    infer: ([a]) => [a!],
    compose: ([a, b]) => [mul(a!, b!)],
    vjp: ([dy], { inputs }) => [mul(dy!, inputs[rule]!), undefined],
    saves: ['inputs.1'],
  });
  const y = float64(backend, [3, 4]);
  const { grads, loss } = grad(() => sum(one(pair(1), x, y)), [x]); // one input of two
  expect(() => grad(() => sum(one(pair(0), x, y)), [x])).toThrow(new UsageError(message('pair')));
  dispose(x, y, grads, loss);
});

testOnEach('two updates of one name', backend => {
  const x = float64(backend, [1, 2]);
  expect(() =>
    grad(
      ({ update }) => {
        update('mean', exp(x));
        update('mean', exp(x));
        return sum(x);
      },
      [x],
    ),
  ).toThrow(new UsageError("grad: two updates of 'mean' in one step"));
  dispose(x);
});

testOnEach('an op without inputs needs a backend', backend => {
  const nothing: Op<None> = { name: 'test/nothing', infer: () => [{ shape: [], dtype: 'float32' }], compose: () => [] };
  expect(() => apply(nothing, [], {})).toThrow(new UsageError('test/nothing: no inputs, so it needs a backend'));
  const zero = ops.zeros(backend, []);
  dispose(zero);
});

testOnEach('item reads one number and refuses more', async backend => {
  const [x, y] = [float64(backend, [[7]]), float64(backend, [1, 2])];
  expect(await x.item()).toBe(7);
  await expect(y.item()).rejects.toThrow(new ShapeError('item: the tensor is [2], not one number'));
  dispose(x, y);
});

test('numbers that do not make a tensor', () => {
  const backend = cpuReference();
  expect(() => tensor(backend, [1, 2, 3], { shape: [2, 2] })).toThrow(new ShapeError('tensor: 3 numbers for shape [2, 2]'));
  expect(() => tensor(backend, [[1, 2], [3]])).toThrow(new ShapeError('tensor: the nested lists are ragged: [1] beside [2]'));
  expect(() => tensor(backend, [[1, 2], 3])).toThrow(ShapeError);
  for (const shape of [[-1, -4], [2.5, 1.6], [Number.NaN]]) {
    expect(() => tensor(backend, [1, 2, 3, 4], { shape })).toThrow(
      new ShapeError(`tensor: ${JSON.stringify(shape)} is not a shape; sizes are whole numbers >= 0`),
    );
  }
  expect(() => tensor(backend, [1, 2.5], { dtype: 'int32' })).toThrow(
    new DTypeError('tensor: 2.5 at index 1 does not fit int32'),
  );
  expect(() => tensor(backend, [Number.NaN], { dtype: 'int32' })).toThrow(
    new DTypeError('tensor: NaN at index 0 does not fit int32'),
  );
  expect(() => tensor(backend, 2 ** 31, { dtype: 'int32' })).toThrow(DTypeError);
  for (const [data, shown] of [
    [undefined, 'undefined'],
    ['1', "'1'"],
    [[1, null], 'null'],
    [[[1], ['two']], "'two'"],
  ] as const)
    expect(() => tensor(backend, data as never)).toThrow(new RegExp(`^tensor: ${shown} at index [01] is no number$`));
  expect(() => tensor(backend, [-1], { dtype: 'uint8' })).toThrow(new DTypeError('tensor: -1 at index 0 does not fit uint8'));
  expect(() => tensor(backend, Float32Array.of(256), { dtype: 'uint8' })).toThrow(DTypeError);
  expect(backend.live()).toBe(0);
});

test('a dtype that the backend does not have', () => {
  const reference = cpuReference();
  const backend = { ...reference, name: 'single', dtypes: ['float32', 'int32', 'bool'] as const };
  const message = "backend 'single' has no float64; it has float32, int32, bool";
  expect(() => tensor(backend, [1], { dtype: 'float64' })).toThrow(new DTypeError(`tensor: ${message}`));
  expect(() => ops.fill(backend, [1], 0, 'float64')).toThrow(new DTypeError(`fill: ${message}`));
  expect(() => ops.arange(backend, 1, { dtype: 'float64' })).toThrow(new DTypeError(`arange: ${message}`));
  const x = tensor(backend, [1]);
  expect(() => ops.cast(x, 'float64')).toThrow(new DTypeError(`cast: ${message}`));
  dispose(x);
  expect(reference.live()).toBe(0);
});

test('tensors take numbers, nested lists and typed arrays, and copy them', () => {
  const backend = cpuReference();
  const numbers = Float32Array.of(1, 2, 3, 4);
  const x = tensor(backend, numbers, { shape: [2, 2] });
  numbers.fill(0);
  expect(Array.from(x.dataSync())).toEqual([1, 2, 3, 4]);
  x.dataSync().fill(9);
  expect(Array.from(x.dataSync())).toEqual([1, 2, 3, 4]);
  expect([tensor(backend, 5).shape, tensor(backend, [[[1], [2]]]).shape, tensor(backend, []).shape]).toEqual([
    [],
    [1, 2, 1],
    [0],
  ]);
  expect(tensor(backend, [[], []]).shape).toEqual([2, 0]);
  expect(Array.from(tensor(backend, [true, false, 7], { dtype: 'bool' }).dataSync())).toEqual([1, 0, 1]);
  expect(tensor(backend, Int32Array.of(1, 2), { dtype: 'float64' }).dataSync()).toEqual(Float64Array.of(1, 2));
});

test('a backend that cannot read at once', () => {
  const { readSync: _, ...backend } = cpuReference();
  const x = tensor(backend, [1]);
  expect(() => x.dataSync()).toThrow(new BackendError("backend 'cpu:reference' cannot read at once; use 'await x.data()'"));
});

test('a backend that nobody awaited, or that is none', () => {
  const promise = Promise.resolve(cpuReference());
  expect(() => tensor(promise as never, [1])).toThrow(new UsageError('tensor: the backend is a promise; await it'));
  expect(() => ops.zeros(promise as never, [1])).toThrow(new UsageError('fill: the backend is a promise; await it'));
  expect(() => tensor({} as never, [1])).toThrow(new UsageError('tensor: that is no backend'));
  expect(() => ops.arange(undefined as never, 1)).toThrow(new UsageError('arange: that is no backend'));
});

test('whatever is given in place of a tensor, every op says so', () => {
  const backend = cpuReference();
  const variable = new Variable('w', float64(backend, [1, 2]));
  const helpers = /^(check|axisOf|axesOf|broadcastShapes|windowAttrs|windowCounts)|Op$/;
  const functions = Object.entries(ops).filter(([name, value]) => typeof value === 'function' && !helpers.test(name));
  expect(functions.length).toBeGreaterThan(100);
  for (const [name, op] of functions) {
    for (const wrong of [undefined, 3, [1, 2], variable]) {
      const call = (): unknown => (op as (...args: unknown[]) => unknown)(wrong, 1, 1);
      expect(call, `${name}(${wrong})`).toThrow(CnnError);
    }
  }
  expect(() => ops.softmax(variable as never)).toThrow(
    new UsageError('softmax: a variable is no tensor; its tensor is variable.value'),
  );
  expect(() => grad(() => sum(variable.value), variable as never)).toThrow(new UsageError('grad: the variables must be a list'));
  variable.dispose();
});
