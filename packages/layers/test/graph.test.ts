import { cpuReference } from '@cnn/backend-cpu';
import { ShapeError, type Tensor, tensor, UsageError } from '@cnn/tensor';
import { describe, expect, it } from 'vitest';
import {
  add,
  branches,
  concat,
  conv2d,
  flatten,
  globalAvgPool2d,
  graph,
  initialise,
  linear,
  relu,
  residual,
  sequential,
} from '../src/index.js';
import { expectClose, thrownBy } from './helpers.js';

const backend = cpuReference({ poison: true });
const node = (name: string, inputs: string[], layer = relu()) => ({ name, layer, inputs });

describe('graph', () => {
  it.each([
    [
      'a name used twice',
      { inputs: ['x'], nodes: [node('a', ['x']), node('a', ['x'])], outputs: ['a'] },
      "two nodes are named 'a'",
    ],
    ["a name that is an input's", { inputs: ['x'], nodes: [node('x', ['x'])], outputs: ['x'] }, "two nodes are named 'x'"],
    ['a name with a dot', { inputs: ['x'], nodes: [node('a.b', ['x'])], outputs: ['x'] }, "'a.b' cannot name a node"],
    ['an empty name', { inputs: [''], nodes: [], outputs: [''] }, "'' cannot name a node"],
    [
      'something fed from later',
      { inputs: ['x'], nodes: [node('a', ['b']), node('b', ['x'])], outputs: ['b'] },
      "node 'a' is fed by 'b', which is not defined before it",
    ],
    ['something fed by itself', { inputs: ['x'], nodes: [node('a', ['a'])], outputs: ['a'] }, "node 'a' is fed by 'a'"],
    ['a node without inputs', { inputs: ['x'], nodes: [node('a', [])], outputs: ['a'] }, "node 'a' has no inputs"],
    ['an unknown output', { inputs: ['x'], nodes: [], outputs: ['y'] }, "there is no node 'y' to be an output"],
    ['no inputs', { inputs: [], nodes: [], outputs: [] }, 'it needs an input and an output'],
  ])('refuses %s', (_, parts, message) => {
    const error = thrownBy(() => graph(parts));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain(message);
  });

  it.each([
    ['a layer that was not called', [relu], "node '0' is a function, not a layer as relu() gives it"],
    ['nothing', [undefined], "node '0' is undefined, not a layer"],
    ['a list in a list', [[relu()]], "node '0' is [{"],
    ['a layer in place of the list', relu(), "node 'kind' is 'layer', not a layer"],
  ])('refuses %s', (_, layers, message) => {
    const error = thrownBy(() => sequential(layers as never));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain(message);
  });

  it('refuses several tensors for a layer of one, and an inner graph fed or read otherwise than it is made', () => {
    const fails = (parts: Parameters<typeof graph>[0]) => thrownBy(() => initialise(graph(parts), { backend, input: [2] }));
    const two = fails({ inputs: ['x'], nodes: [node('a', ['x', 'x'])], outputs: ['a'] });
    expect(two).toBeInstanceOf(ShapeError);
    expect(two.message).toBe("layer 'a' (relu): it takes one input and has 2");
    const inner = graph({ inputs: ['p', 'q'], nodes: [node('r', ['p'])], outputs: ['r', 'q'] });
    expect(fails({ inputs: ['x'], nodes: [{ name: 'g', layer: inner, inputs: ['x'] }], outputs: ['g'] }).message).toBe(
      "graph 'g' has 2 inputs and is fed 1",
    );
    expect(fails({ inputs: ['x'], nodes: [{ name: 'g', layer: inner, inputs: ['x', 'x'] }], outputs: ['g'] }).message).toBe(
      "graph 'g' has 2 outputs; inside a model it may have one",
    );
  });

  it('refuses input shapes of another number or with impossible sizes', () => {
    const model = sequential([relu()]);
    expect(() => initialise(model, { backend, input: [[2], [2]] })).toThrow('the model has 1 inputs (input); got shapes for 2');
    for (const size of [0, -1, 1.5, Number.NaN])
      expect(() => initialise(model, { backend, input: [size, 2] })).toThrow(ShapeError);
  });
});

/** Makes every parameter 1, runs the model on one example and expects the output. */
async function expectOutput(model: Parameters<typeof initialise>[0], input: number[], x: number[], shape: number[], y: number[]) {
  const net = initialise(model, { backend, input });
  for (const variable of net.parameters) {
    const { shape: of, size } = variable.value;
    variable.assign(
      tensor(
        backend,
        Array.from({ length: size }, () => 1),
        { shape: of },
      ),
    );
  }
  const batch = tensor(backend, x, { shape: [1, ...input] });
  const output = net.apply(batch);
  expect(output.shape).toEqual([1, ...shape]);
  expectClose(await output.data(), y);
  for (const t of [batch, output, net]) t.dispose();
  expect(backend.live()).toBe(0);
}

describe('shorthands', () => {
  const half = conv2d({ filters: 1, kernelSize: 1, bias: false });

  it('sequential runs layers in their order, named by place or key', async () => {
    await expectOutput(sequential([flatten(), linear({ units: 1 }), relu()]), [1, 1, 2], [3, 4], [1], [8]);
    await expectOutput(sequential({ flat: flatten(), head: linear({ units: 1 }) }), [1, 1, 2], [3, 4], [1], [8]);
    await expectOutput(sequential([]), [2], [3, 4], [2], [3, 4]);
  });

  it('residual adds the body to its input or to a shortcut', async () => {
    await expectOutput(residual(sequential([half, relu()])), [1, 1, 2], [3, -4], [1, 1, 2], [6, -4]);
    const wider = conv2d({ filters: 2, kernelSize: 1 });
    await expectOutput(residual(wider, conv2d({ filters: 2, kernelSize: 1 })), [1, 1, 1], [3], [2, 1, 1], [8, 8]);
    expect(() => initialise(residual(conv2d({ filters: 3, kernelSize: 1 })), { backend, input: [2, 4, 4] })).toThrow(
      /layer 'sum' \(add\): add: cannot broadcast/,
    );
  });

  it('branches joins the channels', async () => {
    await expectOutput(branches([half, relu(), globalAvgPool2d()]), [1, 1, 1], [-3], [3, 1, 1], [-3, 0, -3]);
    await expectOutput(branches({ a: half, b: sequential([relu(), half]) }), [1, 1, 2], [-3, 5], [2, 1, 2], [-3, 5, 0, 5]);
  });

  it('name parameters by their path', () => {
    const model = sequential({ stem: half, block: residual(sequential([half, half])), ends: branches({ a: half, b: half }) });
    const net = initialise(model, { backend, input: [1, 2, 2] });
    expect(net.parameters.map(variable => variable.name)).toEqual([
      'stem.weight',
      'block.body.0.weight',
      'block.body.1.weight',
      'ends.a.weight',
      'ends.b.weight',
    ]);
    net.dispose();
  });
});

describe('several inputs and outputs', () => {
  // Two heads on one stem, the second an auxiliary one; the sum of two inputs goes in.
  const model = graph({
    inputs: ['left', 'right'],
    nodes: [
      { name: 'sum', layer: add(), inputs: ['left', 'right'] },
      { name: 'stem', layer: linear({ units: 2, weightInitialiser: 'ones' }), inputs: ['sum'] },
      { name: 'auxiliary', layer: linear({ units: 1, weightInitialiser: 'ones' }), inputs: ['stem'] },
      { name: 'main', layer: concat(), inputs: ['stem', 'right'] },
    ],
    outputs: ['main', 'auxiliary', 'stem', 'left'],
  });

  it('come out in their order, and nothing else is kept', async () => {
    const net = initialise(model, { backend, input: [[2], [2]] });
    const x = [tensor(backend, [[1, 2]]), tensor(backend, [[3, 4]])];
    const before = backend.live();
    const outputs = net.apply(x) as Tensor[];
    expect(outputs.map(({ shape }) => shape)).toEqual([
      [1, 4],
      [1, 1],
      [1, 2],
      [1, 2],
    ]);
    const numbers = await Promise.all(outputs.map(async output => [...(await output.data())]));
    expect(numbers).toEqual([[10, 10, 3, 4], [20], [10, 10], [1, 2]]);
    // The output that is an input shares its buffer, under a handle of its own.
    expect(backend.live()).toBe(before + 3);
    for (const output of outputs) output.dispose();
    expect([...(await x[0]!.data())]).toEqual([1, 2]);
    expect(net.outputShape).toEqual([4]);
    for (const t of [...x, net]) t.dispose();
    expect(backend.live()).toBe(0);
  });

  it('are refused by name where the batch does not fit', () => {
    const net = initialise(model, { backend, input: [[2], [2]] });
    const [a, b] = [tensor(backend, [[1, 2]]), tensor(backend, [[1, 2, 3]])];
    expect(() => net.apply([a, b])).toThrow("the model's input 'right' is [n, 2]; got [1, 3]");
    expect(() => net.apply(a)).toThrow('the model has 2 inputs (left, right); got 1');
    expect(() => net.apply([a, a, a])).toThrow('the model has 2 inputs (left, right); got 3');
    for (const t of [a, b, net]) t.dispose();
    expect(backend.live()).toBe(0);
  });
});
