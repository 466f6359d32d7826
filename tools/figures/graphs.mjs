/** docs/figures/graphs.svg: computations as graphs, with the value of each edge and, below it, the gradient of the result for it. */
import { cpuReference } from '@cnn/backend-cpu';
import { grad, ops, tensor, tidy } from '@cnn/tensor';
import { COLOURS, SOFT, writeFigure } from '../figure.mjs';

const backend = cpuReference();
const number = value => tensor(backend, value, { dtype: 'float64' });

/** Of each node: its place [column, row], its text, and what it computes from other nodes; an input has its value instead. */
const products = {
  title: 'f = (x + y) z',
  columns: 3,
  rows: 3,
  nodes: {
    x: { at: [0, 0], text: 'x', value: -2 },
    y: { at: [0, 1], text: 'y', value: 5 },
    z: { at: [0, 2], text: 'z', value: -4 },
    q: { at: [1, 0.5], text: '+', from: ['x', 'y'], run: ops.add },
    f: { at: [2, 1.25], text: '×', from: ['q', 'z'], run: ops.mul },
  },
};
const gates = {
  title: 'Gates: 2 (x y + max(z, w))',
  columns: 4,
  rows: 4,
  nodes: {
    x: { at: [0, 0], text: 'x', value: 3 },
    y: { at: [0, 1], text: 'y', value: -4 },
    z: { at: [0, 2], text: 'z', value: 2 },
    w: { at: [0, 3], text: 'w', value: -1 },
    xy: { at: [1, 0.5], text: '×', from: ['x', 'y'], run: ops.mul },
    m: { at: [1, 2.5], text: 'max', from: ['z', 'w'], run: ops.maximum },
    s: { at: [2, 1.5], text: '+', from: ['xy', 'm'], run: ops.add },
    f: { at: [3, 1.5], text: '· 2', from: ['s'], run: s => ops.mul(s, 2) },
  },
};
const neuron = {
  title: 'A neuron: σ(w₀ x₀ + w₁ x₁ + w₂)',
  columns: 8,
  rows: 5,
  nodes: {
    w0: { at: [0, 0], text: 'w₀', value: 2 },
    x0: { at: [0, 1], text: 'x₀', value: -1 },
    w1: { at: [0, 2], text: 'w₁', value: -3 },
    x1: { at: [0, 3], text: 'x₁', value: -2 },
    w2: { at: [0, 4], text: 'w₂', value: -3 },
    p: { at: [1, 0.5], text: '×', from: ['w0', 'x0'], run: ops.mul },
    q: { at: [1, 2.5], text: '×', from: ['w1', 'x1'], run: ops.mul },
    s: { at: [2, 1.5], text: '+', from: ['p', 'q'], run: ops.add },
    t: { at: [3, 2.5], text: '+', from: ['s', 'w2'], run: ops.add },
    n: { at: [4, 2.5], text: '· −1', from: ['t'], run: ops.neg },
    e: { at: [5, 2.5], text: 'exp', from: ['n'], run: ops.exp },
    o: { at: [6, 2.5], text: '+ 1', from: ['e'], run: e => ops.add(e, 1) },
    f: { at: [7, 2.5], text: '1/x', from: ['o'], run: o => ops.div(1, o) },
  },
};

/** Values of all nodes, and gradients of the last for them: a gradient for a number is that for what is added to it. */
const differentiate = nodes =>
  tidy(() => {
    const shifts = Object.keys(nodes).map(() => number(0));
    const { aux, grads } = grad(() => {
      const values = {};
      Object.entries(nodes).forEach(([name, { value, from, run }], i) => {
        values[name] = ops.add(from ? run(...from.map(source => values[source])) : number(value), shifts[i]);
      });
      return { loss: Object.values(values).at(-1), ...values };
    }, shifts);
    return Object.fromEntries(
      Object.keys(nodes).map((name, i) => [
        name,
        { value: (aux[name] ?? number(0)).dataSync()[0], gradient: grads[i].dataSync()[0] },
      ]),
    );
  });

const short = value => String(Math.round(value * 100) / 100).replace('-', '−');

function panel({ title, columns, rows, nodes }, width) {
  const found = differentiate(nodes);
  const step = (width - 80) / (columns - 1);
  const place = ([column, row]) => [16 + column * step, 22 + row * 52];
  const labels = (name, x, y) => {
    const { value, gradient } = found[name];
    return `<text x="${x}" y="${y - 5}" style="fill:${COLOURS[2]}">${short(value)}</text><text x="${x}" y="${y + 13}" style="fill:${COLOURS[1]}">${short(gradient)}</text>`;
  };
  const edges = Object.values(nodes).flatMap(({ at, from = [] }) => {
    const [toX, toY] = place(at);
    return from.map(source => {
      const [x, y] = place(nodes[source].at);
      return `<path d="M${x} ${y}L${toX} ${toY}" stroke="${SOFT}" stroke-width="1.5"/>${labels(source, x + 34, y + (toY - y) * (34 / (toX - x)))}`;
    });
  });
  const last = Object.keys(nodes).at(-1);
  const [endX, endY] = place(nodes[last].at);
  const circles = Object.values(nodes).map(({ at, text }) => {
    const [x, y] = place(at);
    return `<circle cx="${x}" cy="${y}" r="15" style="fill:var(--paper)" stroke="currentColor"/><text x="${x}" y="${y + 4}">${text}</text>`;
  });
  const end = `<path d="M${endX} ${endY}h56" stroke="${SOFT}" stroke-width="1.5"/>${labels(last, endX + 38, endY)}`;
  const content = `<g text-anchor="middle" font-size="11">${edges.join('')}${end}${circles.join('')}</g>`;
  return { title, width, height: rows * 52, content };
}

writeFigure(
  'graphs',
  'Three computations as graphs with values and gradients',
  [panel(products, 290), panel(gates, 400), panel(neuron, 720)],
  [
    ['value, from the left', COLOURS[2]],
    ['gradient, from the right', COLOURS[1]],
  ],
);
