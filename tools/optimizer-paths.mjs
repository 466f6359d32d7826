/**
 * `npm run figures`: draws docs/figures/optimizer-paths.svg, the paths of every optimizer of @cnn/optim over the same three surfaces.
 * Each takes, of the learning rates that keep it inside the picture, the one with which it ends lowest.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpuReference } from '@cnn/backend-cpu';
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  amsgrad,
  lars,
  lbfgs,
  lion,
  lookahead,
  nadam,
  newton,
  radam,
  randomSearch,
  rmsprop,
  sgd,
} from '@cnn/optim';
import { grad, ops, tensor, tidy, Variable } from '@cnn/tensor';
import { root } from './process.mjs';

const STEPS = 100;
const SIZE = 220;
const GAP = 16;
const LEFT = 24;
const TOP = 138;

/** Losses of x and y, the square that is drawn, and where the paths begin. */
const surfaces = [
  {
    name: 'Narrow valley: (1 − x)² + 100 (y − x²)²',
    loss: (x, y) => ops.add(ops.square(ops.sub(1, x)), ops.mul(ops.square(ops.sub(y, ops.square(x))), 100)),
    x: [-1.8, 1.8],
    y: [-0.9, 2.7],
    start: [-1.3, 1.1],
    minima: [[1, 1]],
  },
  {
    name: 'Saddle: (2 x² − 2 y² + y⁴) / 4',
    loss: (x, y) => {
      const y2 = ops.square(y);
      return ops.div(ops.add(ops.mul(ops.sub(ops.square(x), y2), 2), ops.square(y2)), 4);
    },
    x: [-1.8, 1.8],
    y: [-1.8, 1.8],
    start: [-1.5, 0.02],
    minima: [
      [0, -1],
      [0, 1],
    ],
  },
  {
    name: 'Condition number 30: (x² + 30 y²) / 2',
    loss: (x, y) => ops.div(ops.add(ops.square(x), ops.mul(ops.square(y), 30)), 2),
    x: [-1.8, 1.8],
    y: [-1.8, 1.8],
    start: [-1.5, 1.1],
    minima: [[0, 0]],
  },
];

const columns = [
  {
    name: 'Momentum',
    methods: [
      ['SGD', learningRate => sgd({ learningRate })],
      ['momentum 0.9', learningRate => sgd({ learningRate, momentum: 0.9 })],
      ['Nesterov 0.9', learningRate => sgd({ learningRate, momentum: 0.9, nesterov: true })],
      ['lookahead (SGD)', learningRate => lookahead({ optimizer: sgd({ learningRate }) })],
    ],
  },
  {
    name: 'A rate for each number',
    methods: [
      ['Adagrad', learningRate => adagrad({ learningRate })],
      ['Adadelta', learningRate => adadelta({ learningRate })],
      ['RMSprop', learningRate => rmsprop({ learningRate })],
      ['centred RMSprop', learningRate => rmsprop({ learningRate, centered: true })],
    ],
  },
  {
    name: 'Adam and its kin',
    methods: [
      ['Adam', learningRate => adam({ learningRate })],
      ['AMSGrad', learningRate => amsgrad({ learningRate })],
      ['Adamax', learningRate => adamax({ learningRate })],
      ['NAdam', learningRate => nadam({ learningRate })],
      ['RAdam', learningRate => radam({ learningRate })],
    ],
  },
  {
    name: 'Signs, norms, curvature, chance',
    methods: [
      ['Lion', learningRate => lion({ learningRate })],
      ['LARS', learningRate => lars({ learningRate })],
      ['L-BFGS', () => lbfgs({ maxIterations: 1 })],
      ['Newton', () => newton()],
      ['random search', () => randomSearch({ scale: 1 })],
    ],
  },
];

const rates = [1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.06, 0.1, 0.3, 0.6, 1, 3, 10, 30, 100];

const backend = cpuReference();
const at = (xy, i) => ops.reshape(ops.slice(xy, [[i, i + 1]]), []);
const number = (surface, x, y) =>
  tidy(() => surface.loss(...[x, y].map(value => tensor(backend, value, { dtype: 'float64' }))).dataSync()[0]);

const within = (value, [low, high]) => value >= low && value <= high;
const inside = ({ x, y }, point) => within(point[0], x) && within(point[1], y);

/** The points that an optimizer passes through; it ends early where it leaves the picture. */
async function walk(surface, optimizer) {
  const { loss, start } = surface;
  const xy = new Variable('xy', tensor(backend, start, { dtype: 'float64' }));
  const objective = () => loss(at(xy.value, 0), at(xy.value, 1));
  const state = optimizer.init([xy]);
  const points = [start];
  try {
    for (let i = 0; i < STEPS; i++) {
      if ('slots' in state) {
        tidy(() => state.step(grad(objective, [xy]).grads));
      } else await state.step(objective);
      const point = Array.from(xy.value.dataSync());
      points.push(point);
      if (!inside(surface, point)) break;
    }
  } finally {
    state.dispose?.();
    xy.dispose();
  }
  return points;
}

/** The path with the best rate. */
async function bestPath(surface, make) {
  let best;
  for (const rate of make.length === 0 ? [undefined] : rates) {
    const points = await walk(surface, make(rate));
    const end = points.every(point => inside(surface, point)) ? number(surface, ...points.at(-1)) : Number.POSITIVE_INFINITY;
    if (!best || end < best.end) best = { points, end, rate };
  }
  return best;
}

const screen = surface => {
  const scale = (value, [low, high]) => ((value - low) / (high - low)) * SIZE;
  return ([x, y]) => [scale(x, surface.x), SIZE - scale(y, surface.y)];
};
const text = value => String(Number(value.toFixed(1)));
const lineThrough = points => `M${points.map(([x, y]) => `${text(x)} ${text(y)}`).join('L')}`;

/** Lines of equal loss, by marching squares; their levels are a geometric series above the minimum. */
function contours(surface) {
  const cells = 72;
  const project = screen(surface);
  const coordinate = ([low, high], i) => low + ((high - low) * i) / cells;
  const corner = (i, j) => [coordinate(surface.x, i), coordinate(surface.y, j)];
  const grid = Array.from({ length: cells + 1 }, (_, i) =>
    Array.from({ length: cells + 1 }, (_, j) => number(surface, ...corner(i, j))),
  );
  const least = Math.min(...surface.minima.map(([x, y]) => number(surface, x, y)));
  const most = Math.max(...grid.flat());
  const levels = Array.from({ length: 9 }, (_, k) => least + (most - least) * 0.5 ** (k * 1.3 + 0.7));
  const segments = [];
  for (const level of levels) {
    for (let i = 0; i < cells; i++) {
      for (let j = 0; j < cells; j++) {
        const square = [
          [i, j],
          [i + 1, j],
          [i + 1, j + 1],
          [i, j + 1],
        ];
        const crossings = square.flatMap((from, k) => {
          const to = square[(k + 1) % 4];
          const [a, b] = [grid[from[0]][from[1]] - level, grid[to[0]][to[1]] - level];
          if (a < 0 === b < 0) return [];
          const [p, q] = [project(corner(...from)), project(corner(...to))];
          return [p.map((value, axis) => value + (a / (a - b)) * (q[axis] - value))];
        });
        for (let k = 0; k + 1 < crossings.length; k += 2) segments.push(lineThrough(crossings.slice(k, k + 2)));
      }
    }
  }
  return segments.join('');
}

function drawn(surface, { points }, method) {
  const project = screen(surface);
  const screened = points.map(project);
  const [x, y] = screened.at(-1).map(text);
  return `<path class="p m${method}" d="${lineThrough(screened)}"/><circle class="e m${method}" cx="${x}" cy="${y}" r="3.2"/>`;
}

async function panel(surface, row, column, { methods }) {
  const paths = [];
  for (const [i, [name, make]] of methods.entries()) {
    const best = await bestPath(surface, make);
    paths.push(drawn(surface, best, i));
    console.log(
      `${surface.name.split(':')[0]}: ${name}${best.rate ? `, rate ${best.rate}` : ''}, loss ${best.end.toExponential(2)}`,
    );
  }
  const [x, y] = screen(surface)(surface.start).map(text);
  const minima = surface.minima
    .map(screen(surface))
    .map(([cx, cy]) => `<path class="g" d="M${text(cx - 5)} ${text(cy)}h10m-5 -5v10"/>`);
  const [left, top] = [LEFT + column * (SIZE + GAP), TOP + row * (SIZE + 40)];
  return `<svg x="${left}" y="${top}" width="${SIZE}" height="${SIZE}"><use href="#s${row}"/>${minima.join('')}${paths.join('')}<rect class="s" x="${x - 3.5}" y="${y - 3.5}" width="7" height="7"/><rect class="f" width="${SIZE}" height="${SIZE}"/></svg>`;
}

/** The title of a column, with the colours of its optimizers. */
function legend({ name, methods }, column) {
  const left = LEFT + column * (SIZE + GAP);
  const entries = methods.map(
    ([method], i) =>
      `<circle class="e m${i}" cx="${left + 6 + 112 * (i % 2)}" cy="${68 + 16 * Math.floor(i / 2)}" r="4"/><text x="${left + 15 + 112 * (i % 2)}" y="${72 + 16 * Math.floor(i / 2)}" font-size="11.5">${method}</text>`,
  );
  return `<text class="b" x="${left}" y="50">${name}</text>${entries.join('')}`;
}

const panels = [];
for (const [row, surface] of surfaces.entries()) {
  for (const [column, methods] of columns.entries()) panels.push(await panel(surface, row, column, methods));
}
const width = LEFT * 2 + 4 * SIZE + 3 * GAP;
const height = TOP + 3 * (SIZE + 40) - 10;
const colours = [
  ['#d55e00', '#ff8a3d'],
  ['#0072b2', '#56b4e9'],
  ['#008f6b', '#2fd6a5'],
  ['#b0428a', '#f08fcb'],
  ['#8a6d00', '#f0e442'],
];
const rules = shade => colours.map((pair, i) => `.m${i}{--c:${pair[shade]}}`).join('');
// Later paths are thinner, so that those beneath them show.
const widths = colours.map((_, i) => `.p.m${i}{stroke-width:${text(3.4 - 0.6 * i)}}`).join('');

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<title>Paths of all optimizers over three surfaces</title>
<style>
:root{--paper:#fff;--ink:#1a1a1a;--soft:#d9dde3}${rules(0)}
text{fill:var(--ink)}.b{font-weight:bold}.p{fill:none;stroke:var(--c);stroke-linejoin:round}.e{fill:var(--c);stroke:var(--paper)}
.l{fill:none;stroke:var(--soft)}.f{fill:none;stroke:var(--soft);stroke-width:2}.g{stroke:var(--ink);stroke-width:1.6}.s{fill:var(--ink)}${widths}
@media (prefers-color-scheme: dark){:root{--paper:#16181c;--ink:#e8e8e8;--soft:#3a3f47}${rules(1)}}
</style>
<rect width="100%" height="100%" style="fill:var(--paper)"/>
<defs>${surfaces.map((surface, row) => `<path id="s${row}" class="l" d="${contours(surface)}"/>`).join('')}</defs>
<text class="b" x="${LEFT}" y="24" font-size="15">${STEPS} steps from the square; the dot is where each ends, the cross a minimum (AdamW without decay is Adam)</text>
${columns.map(legend).join('\n')}
${surfaces.map(({ name }, row) => `<text x="${LEFT}" y="${TOP - 8 + row * (SIZE + 40)}">${name}</text>`).join('\n')}
${panels.join('\n')}
</svg>
`;
mkdirSync(`${root}docs/figures`, { recursive: true });
writeFileSync(`${root}docs/figures/optimizer-paths.svg`, svg);
