import { type CpuReference, cpu, cpuReference } from '@cnn/backend-cpu';
import { grad, OptionError, ops, ShapeError, type Tensor, tensor, tidy, UsageError } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import {
  batchNorm,
  conv2d,
  defineLayer,
  dropout,
  flatten,
  initialise,
  initialisers,
  linear,
  losses,
  maxPool2d,
  type Net,
  relu,
  sequential,
  sigmoid,
} from '../src/index.js';
import { expectClose, golden, toTensor, wavy } from './helpers.js';

const backend = cpuReference({ poison: true });
const numbersOf = (net: Net): Record<string, number[]> =>
  Object.fromEntries(net.variables.map(({ name, value }) => [name, [...value.dataSync()]]));

const small = sequential({
  conv: conv2d({ filters: 2, kernelSize: 3 }),
  norm: batchNorm(),
  relu: relu(),
  pool: maxPool2d({ kernelSize: 2 }),
  flat: flatten(),
  drop: dropout(),
  head: linear({ units: 3 }),
});
const input = [1, 6, 6];
const images = (count: number, on: CpuReference = backend): Tensor => tensor(on, wavy(count * 36), { shape: [count, ...input] });

describe('initialise', () => {
  it('gives a layer its numbers by seed and path, whatever else is in the model', () => {
    const head = () => linear({ units: 3 });
    const make = (model: Parameters<typeof initialise>[0], seed = 1) => {
      const net = initialise(model, { backend, input: [4], seed });
      const numbers = numbersOf(net);
      net.dispose();
      return numbers;
    };
    const alone = make(sequential({ head: head() }));
    const among = make(sequential({ norm: batchNorm(), wide: linear({ units: 4 }), head: head(), tail: linear({ units: 2 }) }));
    expect(among['head.weight']).toEqual(alone['head.weight']);
    expect(make(sequential({ head: head() }))).toEqual(alone);
    expect(make(sequential({ head: head() }), 2)['head.weight']).not.toEqual(alone['head.weight']);
    expect(make(sequential({ other: head() }))['other.weight']).not.toEqual(alone['head.weight']);
    expect(make(head())).toEqual(make(sequential([head()])));
  });

  it('takes He weights and zero biases by default', () => {
    const net = initialise(linear({ units: 200 }), { backend, input: [50] });
    const weight = [...net.variable('0.weight').value.dataSync()];
    const variance = weight.reduce((total, x) => total + x * x, 0) / weight.length;
    expect(Math.abs(variance / (2 / 50) - 1)).toBeLessThan(0.05);
    expect(
      net
        .variable('0.bias')
        .value.dataSync()
        .every(x => x === 0),
    ).toBe(true);
    net.dispose();
  });

  it('frees the weights it has made when a later one cannot be', () => {
    const short = defineLayer({
      type: 'test/short',
      init: (_: Record<string, never>, [features], { param }) => ({ weight: param([features!], () => new Float64Array(1)) }),
      forward: x => x,
    });
    const before = backend.live();
    expect(() => initialise(sequential([linear({ units: 3 }), short()]), { backend, input: [4] })).toThrow(ShapeError);
    expect(backend.live()).toBe(before);
  });

  it('refuses unknown and impossible options', () => {
    expect(() => initialise(small, { backend, input, sede: 1 } as never)).toThrow(/initialise: option 'sede' is 1/);
    expect(() => initialise(small, { backend, input, seed: 0.5 })).toThrow(OptionError);
    expect(() => initialise(small, { backend, input, dtype: 'int32' as never })).toThrow(/option 'dtype' is 'int32'/);
    expect(() => initialise(small, { backend } as never)).toThrow(/option 'input' is undefined/);
  });
});

describe('net.apply', () => {
  it('refuses a batch that does not fit, and names a layer that fails', () => {
    const net = initialise(small, { backend, input });
    const wrong = tensor(backend, wavy(36), { shape: [1, 36] });
    expect(() => net.apply(wrong)).toThrow("the model's input 'input' is [n, 1, 6, 6]; got [1, 36]");
    const bytes = tensor(
      backend,
      wavy(36).map(() => 1),
      { shape: [1, ...input], dtype: 'uint8' },
    );
    expect(() => net.apply(bytes)).toThrow(/layer 'conv' \(conv2d\): .*uint8/);
    for (const t of [wrong, bytes, net]) t.dispose();
    expect(backend.live()).toBe(0);
  });

  it('refuses misspelt options and what is no tensor', () => {
    const net = initialise(small, { backend, input });
    const x = images(1);
    expect(() => net.apply(x, { train: true } as never)).toThrow(
      /net\.apply: option 'train' is true; allowed: no option of this name/,
    );
    expect(() => net.apply(new Float32Array(36) as never)).toThrow("net.apply: input 'input' is not a tensor");
    for (const t of [x, net]) t.dispose();
    expect(backend.live()).toBe(0);
  });

  it('leaves nothing but its result, whether training or not', () => {
    const net = initialise(small, { backend, input });
    const x = images(4);
    const before = backend.live();
    for (const training of [false, true]) {
      const seen: string[] = [];
      const y = net.apply(x, { training, observe: (path, output) => seen.push(`${path} [${output.shape}]`) });
      expect(seen).toEqual([
        'conv [4,2,4,4]',
        'norm [4,2,4,4]',
        'relu [4,2,4,4]',
        'pool [4,2,2,2]',
        'flat [4,8]',
        'drop [4,8]',
        'head [4,3]',
      ]);
      expect(backend.live()).toBe(before + 1);
      y.dispose();
    }
    for (const t of [x, net]) t.dispose();
    expect(backend.live()).toBe(0);
  });

  it('takes a layer that gives its weight as it is', () => {
    const constant = defineLayer({
      type: 'test/constant',
      init: (_: Record<string, never>, [features], { param }) => ({ weight: param([1, features!], initialisers.ones) }),
      forward: (_, { weight }) => weight,
    });
    for (const model of [sequential([constant()]), sequential([constant(), relu()])]) {
      const net = initialise(model, { backend, input: [2] });
      const x = tensor(backend, [[5, 6]]);
      const y = net.apply(x);
      expect([...y.dataSync()]).toEqual([1, 1]);
      y.dispose();
      expect([...net.variable('0.weight').value.dataSync()]).toEqual([1, 1]);
      x.dispose();
      net.dispose();
    }
  });

  it('frees what no later layer reads, unless a tape needs it', () => {
    const net = initialise(sequential(Array.from({ length: 20 }, () => sigmoid())), { backend, input: [4] });
    const x = ops.ones(backend, [1, 4]);
    const live: number[] = [];
    const observe = (): void => void live.push(backend.live());
    net.apply(x, { observe }).dispose();
    // The input, the layer's input and its output.
    expect(Math.max(...live)).toBe(3);
    live.length = 0;
    const { loss, grads } = grad(() => ops.sum(net.apply(x, { observe })), [x]);
    // The input and all outputs.
    expect(live.at(-1)).toBe(21);
    for (const t of [x, loss, ...grads, net]) t.dispose();
    expect(backend.live()).toBe(0);
  });

  it('is trained through grad, and frees everything', () => {
    const net = initialise(small, { backend, input, seed: 3 });
    const x = images(8);
    const labels = tensor(backend, [0, 1, 2, 0, 1, 2, 0, 1], { dtype: 'int32' });
    const loss = losses.softmaxCrossEntropy();
    const before = backend.live();
    const seen: number[] = [];
    for (let step = 0; step < 12; step++) {
      const result = grad(({ update }) => loss(net.apply(x, { training: true, step, update }), labels), net.trainable);
      net.trainable.forEach((variable, i) => {
        variable.assign(tidy(() => ops.sub(variable.value, ops.mul(result.grads[i]!, 0.2))));
      });
      net.commit(result.updates);
      seen.push(result.loss.dataSync()[0]!);
      for (const t of [result.loss, ...result.grads]) t.dispose();
      expect(backend.live()).toBe(before);
    }
    expect(seen.at(-1)).toBeLessThan(0.7 * seen[0]!);
    for (const t of [x, labels, net]) t.dispose();
    expect(backend.live()).toBe(0);
  });
});

describe('dropout', () => {
  const model = (extra: boolean) => sequential({ ...(extra && { first: relu() }), a: dropout({ rate: 0.5 }) });
  const run = (net: Net, options: { step?: number; training?: boolean } = {}): number[] => {
    const x = ops.ones(backend, [1, 400]);
    const y = net.apply(x, { training: true, ...options });
    const numbers = [...y.dataSync()];
    for (const t of [x, y]) t.dispose();
    return numbers;
  };
  const make = (seed = 1, extra = false) => initialise(model(extra), { backend, input: [400], seed });

  it('drops by seed, path and step, and doubles the rest', () => {
    const mask = run(make());
    expect(new Set(mask)).toEqual(new Set([0, 2]));
    const kept = mask.filter(x => x > 0).length;
    // 200 expected, deviation 10.
    expect(Math.abs(kept - 200)).toBeLessThan(50);
    expect(run(make())).toEqual(mask);
    expect(run(make(1, true))).toEqual(mask);
    expect(run(make(2))).not.toEqual(mask);
    expect(run(make(), { step: 1 })).not.toEqual(mask);
    const twice = initialise(sequential({ a: dropout(), b: dropout() }), { backend, input: [400], seed: 1 });
    expect(run(twice).filter(x => x > 0).length).toBeLessThan(150);
  });

  it('does nothing outside training', () => {
    expect(run(make(), { training: false })).toEqual(Array.from({ length: 400 }, () => 1));
  });
});

describe('freezing', () => {
  it('keeps parameters out of what is trained, by path or pattern', () => {
    const net = initialise(small, { backend, input });
    const names = () => net.trainable.map(variable => variable.name);
    expect(names()).toEqual(['conv.weight', 'conv.bias', 'norm.weight', 'norm.bias', 'head.weight', 'head.bias']);
    expect(net.freeze('conv')).toBe(2);
    expect(net.freeze(/bias$/)).toBe(3);
    expect(names()).toEqual(['norm.weight', 'head.weight']);
    expect(net.unfreeze('head.bias')).toBe(1);
    expect(names()).toEqual(['norm.weight', 'head.weight', 'head.bias']);
    expect(net.parameters.length).toBe(6);
    expect(() => net.freeze('con')).toThrow(UsageError);
    expect(() => net.freeze('con')).toThrow(/no parameter matches con; there are conv\.weight, /);
    net.dispose();
  });
});

describe('net.variable and commit', () => {
  it('name what there is', () => {
    const net = initialise(small, { backend, input });
    expect(net.variable('norm.runningVar').value.shape).toEqual([2]);
    expect(() => net.variable('norm.mean')).toThrow(/no variable 'norm\.mean'; there are conv\.weight/);
    const next = tensor(backend, [1, 2, 3]);
    expect(() => net.commit({ 'norm.runningMean': next })).toThrow(ShapeError);
    for (const t of [next, net]) t.dispose();
    expect(backend.live()).toBe(0);
  });
});

describe('net.to', () => {
  it('copies weights, state and what is frozen to another backend', async () => {
    const other = await cpu();
    const net = initialise(small, { backend, input, seed: 5 });
    net.freeze('head');
    const copy = await net.to(other);
    expect(copy.backend).toBe(other);
    expect(numbersOf(copy)).toEqual(numbersOf(net));
    expect(copy.trainable.map(v => v.name)).toEqual(net.trainable.map(v => v.name));
    const [x, x2] = [images(2), tensor(other, wavy(72), { shape: [2, ...input] })];
    const [y, y2] = [net.apply(x), copy.apply(x2)];
    expectClose(await y2.data(), await y.data(), 1e-5);
    expect(() => copy.apply(x)).toThrow(/\.to\(backend\)/);
    for (const t of [x, x2, y, y2, net, copy]) t.dispose();
    expect([backend.live(), other.live()]).toEqual([0, 0]);
    await other.dispose();
  });
});

describe('batchNorm', () => {
  for (const { name, attrs, inputs, steps } of golden('norms')) {
    const training = attrs.training as boolean;

    it(`agrees with PyTorch, step by step: ${name}`, async () => {
      const layer = batchNorm({
        epsilon: attrs.eps as number,
        momentum: attrs.momentum as number,
        affine: attrs.affine as boolean,
      });
      const [first] = steps;
      const net = initialise(layer, { backend, input: first!.inputs.x!.shape.slice(1), dtype: 'float64' });
      const names = { weight: 'weight', bias: 'bias', running_mean: 'runningMean', running_var: 'runningVar' };
      for (const [key, variable] of Object.entries(names))
        if (inputs[key]) net.variable(`0.${variable}`).assign(toTensor(backend, inputs[key]));
      const big = name.includes('big_mean') ? 1e-6 : 1e-8;

      for (const step of steps) {
        const x = toTensor(backend, step.inputs.x!);
        const dy = toTensor(backend, step.grad_outputs.y!);
        const { loss, aux, grads, updates } = grad(
          ({ update }) => {
            const y = net.apply(x, { training, update });
            return { loss: ops.sum(ops.mul(y, dy)), y };
          },
          [x, ...net.parameters],
        );
        expectClose(await aux.y.data(), step.outputs.y!.data, big);
        for (const [i, key] of ['x', 'weight', 'bias'].entries())
          if (step.grads[key]) expectClose(await grads[i]!.data(), step.grads[key].data, big);
        expect(Object.keys(updates)).toEqual(training ? ['0.runningMean', '0.runningVar'] : []);
        net.commit(updates);
        expectClose(await net.variable('0.runningMean').value.data(), step.outputs.running_mean!.data);
        expectClose(await net.variable('0.runningVar').value.data(), step.outputs.running_var!.data);
        for (const t of [x, dy, loss, aux.y, ...grads]) t.dispose();
      }
      net.dispose();
      expect(backend.live()).toBe(0);
    });
  }

  it('refuses to train on one value per channel', () => {
    const net = initialise(batchNorm(), { backend, input: [3] });
    const x = ops.ones(backend, [1, 3]);
    expect(() => net.apply(x, { training: true })).toThrow(
      /layer '0' \(batchNorm\): batchNorm: \[1, 3\] has fewer than two values/,
    );
    for (const t of [x, net]) t.dispose();
  });
});
