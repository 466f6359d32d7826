/**
 * The transforms of Winograd's convolutions F(m x m, r x r) (Lavin and Gray, 2016): m x m outputs of an r x r kernel, with one
 * multiplication at each of n x n positions, n = m + r - 1, in place of m m r r.
 *
 * In one dimension it is Toom and Cook's product of polynomials. A polynomial is known by its values at enough points: those
 * of the kernel (matrix G) and of the pixels (the transpose of B) are multiplied point by point, and A transposed gives the
 * m outputs back. In two dimensions the matrices are used on the columns and then on the rows. All numbers of A and B are exact
 * in float32. The points decide how large the numbers become on the way, and so the error:
 *
 * | transform       | multiplications | points beside 0 and infinity | error against direct sums                |
 * | F(2 x 2, 3 x 3) | 16 for 36       | +-1                          | about the same                           |
 * | F(4 x 4, 3 x 3) | 36 for 144      | +-3/4, +-3/2                 | up to 6 times; half of that with +-1, +-2 |
 * | F(4 x 4, 5 x 5) | 64 for 400      | +-1, +-2, +-1/2              | up to 15 times                           |
 *
 * The weight gradient is F(r x r, m x m): r x r outputs, with the m x m pixels of dy in place of the kernel. There is none with
 * tiles of 2 x 2.
 *
 * Points come in pairs of opposite sign, whose rows share their even and their odd part, so a transform takes half the work of
 * a product by its matrix. The functions here are straight-line code on four numbers of each kind at once; the loops around
 * them, and the layout of what they read and write, are in `winograd.ts`. A function of a transform has its sizes in its name,
 * as `rowsToWindow4x3`; that without them takes the transform's number.
 */
const range = n => Array.from({ length: n }, (_, i) => i);
const lines = (items, text) => items.map(text).join('\n');

/** The transforms, by their numbers. */
const transforms = [
  { tile: 2, taps: 3, points: [0, 1, -1] },
  { tile: 4, taps: 3, points: [0, 3 / 4, -3 / 4, 3 / 2, -3 / 2] },
  { tile: 4, taps: 5, points: [0, 1, -1, 2, -2, 1 / 2, -1 / 2] },
];
const sizesOf = ({ tile, taps }) => `${tile}x${taps}`;
const hasGradient = ({ tile }) => tile === 4;

const product = numbers => numbers.reduce((a, b) => a * b, 1);
/** The coefficients of the polynomial with these roots. */
const withRoots = roots =>
  roots.reduce((p, root) => [...p, 0].map((_, i) => (p[i - 1] ?? 0) - root * (p[i] ?? 0)), [1]);
const transposed = matrix => matrix[0].map((_, i) => matrix.map(row => row[i]));

/** The matrices of some finite points, and infinity as the last one. */
function matricesOf(points) {
  const others = point => points.filter(other => other !== point);
  /** The value of a polynomial of `size` coefficients at every point; at infinity it is the last coefficient. */
  const values = (size, scale = () => 1) => [
    ...points.map(point => range(size).map(power => point ** power / scale(point))),
    range(size).map(power => (power === size - 1 ? 1 : 0)),
  ];
  return {
    /** G: the values, divided by what the polynomial of B gives at its own point. */
    kernel: size => values(size, point => product(others(point).map(other => point - other))),
    /** B transposed: for each point the polynomial that is 0 at all others. */
    window: [...points.map(point => [...withRoots(others(point)), 0]), withRoots(points)],
    /** A transposed. */
    output: size => transposed(values(size)),
  };
}

/** The constants of all functions. One reads them from memory, since V8 would build a constant anew at each use. */
class Constants {
  list = [];

  /** Those of one function: `name` gives a constant's name, `declare` the text that reads all that were named. */
  scope() {
    const used = new Set();
    return {
      name: value => {
        const rounded = Math.fround(value);
        if (!this.list.includes(rounded)) this.list.push(rounded);
        const index = this.list.indexOf(rounded);
        used.add(index);
        return `k${index}`;
      },
      declare: () => lines([...used], i => `  const k${i} = v128.load32_splat(CONSTANTS, ${4 * i});`),
    };
  }
}

/** The text of a sum of multiples; those of 1 and -1 come first. */
function sum(coefficients, names, scope) {
  const isOne = c => Math.abs(c) === 1;
  const terms = coefficients.map((c, i) => [c, names[i]]).filter(([c]) => c !== 0);
  terms.sort(([a], [b]) => Number(isOne(b)) - Number(isOne(a)) || b - a);
  const [[c, x], ...rest] = terms;
  const first = isOne(c) ? (c > 0 ? x : `f32x4.neg(${x})`) : `f32x4.mul(${scope.name(c)}, ${x})`;
  return rest.reduce(
    (text, [c, x]) => (isOne(c) ? `f32x4.${c > 0 ? 'add' : 'sub'}(${text}, ${x})` : `madd(${scope.name(c)}, ${x}, ${text})`),
    first,
  );
}

/** The pairs of opposite points among so many. */
const pairsOf = count => range((count - 2) / 2).map(i => [2 * i + 1, 2 * i + 2]);

/**
 * The text that takes `names` to the points, `out`0, `out`1, … The rows of opposite points are an even part (that of the even
 * columns) and an odd part, of which one changes its sign.
 */
function toPoints(matrix, names, out, scope) {
  const part = (row, parity) => sum(row.map((c, i) => (i % 2 === parity ? c : 0)), names, scope);
  const changes = (a, b, parity) => matrix[a].some((c, i) => i % 2 === parity && c !== matrix[b][i]);
  return [
    ...pairsOf(matrix.length).map(([a, b]) => {
      const [even, odd] = [`${out}Even${a}`, `${out}Odd${a}`];
      const opposite = changes(a, b, 0) ? `f32x4.sub(${odd}, ${even})` : `f32x4.sub(${even}, ${odd})`;
      return `    const ${even} = ${part(matrix[a], 0)}, ${odd} = ${part(matrix[a], 1)};
    const ${out}${a} = f32x4.add(${even}, ${odd}), ${out}${b} = ${opposite};`;
    }),
    ...[0, matrix.length - 1].map(i => `    const ${out}${i} = ${sum(matrix[i], names, scope)};`),
  ].join('\n');
}

/**
 * The text that takes `names` at the points to `out`0, `out`1, … Opposite points have the same numbers in even rows, so that
 * these take their sum, and opposite numbers in odd rows, which take their difference.
 */
function fromPoints(matrix, names, out, scope) {
  const pairs = pairsOf(names.length);
  const last = names.length - 1;
  return [
    ...pairs.map(
      ([a, b]) =>
        `    const ${out}Sum${a} = f32x4.add(${names[a]}, ${names[b]}), ${out}Difference${a} = f32x4.sub(${names[a]}, ${names[b]});`,
    ),
    ...matrix.map((row, i) => {
      const kind = `${out}${i % 2 === 0 ? 'Sum' : 'Difference'}`;
      const values = [names[0], ...pairs.map(([a]) => `${kind}${a}`), names[last]];
      return `    const ${out}${i} = ${sum([row[0], ...pairs.map(([a]) => row[a]), row[last]], values, scope)};`;
    }),
  ].join('\n');
}

const named = (name, n) => range(n).map(i => `${name}${i}`);

/** The text that takes four vectors of four numbers to their columns, `to`0 .. `to`3. */
const transpose = ([a, b, c, d], to) => `    const ${to}LowAB = v128.shuffle<f32>(${a}, ${b}, 0, 4, 1, 5);
    const ${to}LowCD = v128.shuffle<f32>(${c}, ${d}, 0, 4, 1, 5);
    const ${to}HighAB = v128.shuffle<f32>(${a}, ${b}, 2, 6, 3, 7);
    const ${to}HighCD = v128.shuffle<f32>(${c}, ${d}, 2, 6, 3, 7);
    const ${to}0 = v128.shuffle<f32>(${to}LowAB, ${to}LowCD, 0, 1, 4, 5);
    const ${to}1 = v128.shuffle<f32>(${to}LowAB, ${to}LowCD, 2, 3, 6, 7);
    const ${to}2 = v128.shuffle<f32>(${to}HighAB, ${to}HighCD, 0, 1, 4, 5);
    const ${to}3 = v128.shuffle<f32>(${to}HighAB, ${to}HighCD, 2, 3, 6, 7);`;

export function generate() {
  const constants = new Constants();
  const body = transforms.map(transform => functionsOf(constants, transform)).join('\n');
  return `
import { madd } from './madd';

const CONSTANTS: usize = memory.data<f32>([${constants.list.join(', ')}]);
${body}
${dispatchers()}
`;
}

/** All functions of a transform. */
function functionsOf(constants, transform) {
  const { tile, taps, points } = transform;
  const { kernel, window, output } = matricesOf(points);
  const sizes = sizesOf(transform);
  return [
    toRows(constants, `rowsToWindow${sizes}`, 'x', window),
    toColumns(constants, `columnsToWindow${sizes}`, window),
    kernels(constants, `transformKernels${sizes}`, kernel(taps)),
    pixels(constants, `tilesToPixels${sizes}`, output(tile)),
    ...(hasGradient(transform)
      ? [
          toRows(constants, `rowsToGradient${sizes}`, 'dy', kernel(tile)),
          toColumns(constants, `columnsToGradient${sizes}`, kernel(tile)),
          tapsOf(constants, `sumsToTaps${sizes}`, output(taps)),
        ]
      : []),
  ].join('\n');
}

const toRowsParameters = 'x: usize, height: i32, width: i32, row: i32, column: i32, end: i32, zeros: usize, to: usize, rowBytes: usize';
const toColumnsParameters = 'p0: usize, p1: usize, p2: usize, p3: usize, rowBytes: usize, to: usize, step: usize';
const kernelsParameters =
  'p0: usize, p1: usize, p2: usize, p3: usize, tapBytes: usize, to: usize, laneBytes: usize, step: usize, temporary: usize';
const pixelsParameters =
  'from: usize, step: usize, bias: usize, least: f32, p0: usize, p1: usize, p2: usize, p3: usize, rowBytes: usize, temporary: usize';
const tapsParameters = 'from: usize, step: usize, p0: usize, p1: usize, p2: usize, p3: usize, temporary: usize';

/** Functions that take a transform's number first. */
function dispatchers() {
  const dispatch = (name, parameters, has = () => true) => {
    const args = [...parameters.matchAll(/(\w+):/g)].map(([, argument]) => argument).join(', ');
    const cases = transforms.map((transform, i) =>
      has(transform) ? `    case ${i}: ${name}${sizesOf(transform)}(${args}); break;\n` : '',
    );
    return `
@inline
export function ${name}(transform: i32, ${parameters}): void {
  switch (transform) {
${cases.join('')}  }
}`;
  };
  return [
    dispatch('rowsToWindow', toRowsParameters),
    dispatch('columnsToWindow', toColumnsParameters),
    dispatch('transformKernels', kernelsParameters),
    dispatch('tilesToPixels', pixelsParameters),
    dispatch('rowsToGradient', toRowsParameters, hasGradient),
    dispatch('columnsToGradient', toColumnsParameters, hasGradient),
    dispatch('sumsToTaps', tapsParameters, hasGradient),
  ].join('\n');
}

/** Transforms columns: from the image into the row buffer. */
function toRows(constants, name, image, matrix) {
  const size = matrix[0].length;
  const count = matrix.length;
  const scope = constants.scope();
  const transform = toPoints(matrix, named('x', size), 'y', scope);
  return `
/**
 * Of ${size} rows of ${image} under a row of tiles, columns [column, end), 4 at a time: the last 4 overlap those before, so that
 * nothing is read or written beside them. Row r is image row \`row\` + r, or \`zeros\` outside of the image. Their values at the
 * ${count} points go to rows of the row buffer, column 0 of the image to \`to\`.
 */
export function ${name}(
  ${toRowsParameters},
): void {
${scope.declare()}
${lines(range(size), i => `  const from${i} = <u32>(row + ${i}) < <u32>height ? x + (<usize>((row + ${i}) * width) << 2) : zeros;`)}
  let at = <usize>column << 2;
  const last = <usize>(end - 4) << 2;
  while (true) {
${lines(range(size), i => `    const x${i} = v128.load(from${i} + at);`)}
${transform}
    let out = to + at;
${lines(range(count), i => `    v128.store(out, y${i});${i < count - 1 ? '\n    out += rowBytes;' : ''}`)}
    if (at >= last) break;
    at = min(at + 16, last);
  }
}`;
}

/** Transforms rows: from the row buffer to the positions. */
function toColumns(constants, name, matrix) {
  const size = matrix[0].length;
  const count = matrix.length;
  const scope = constants.scope();
  const transform = toPoints(matrix, named('x', size), 'y', scope);
  const load = (first, to) => `${lines(range(4), i => `    const ${to}Row${i} = v128.load(p${i}, ${4 * first});`)}
${transpose(named(`${to}Row`, 4), to)}`;
  const rest = {
    4: '',
    6: `    const pair01 = v128.shuffle<f32>(v128.load64_zero(p0, 16), v128.load64_zero(p1, 16), 0, 4, 1, 5);
    const pair23 = v128.shuffle<f32>(v128.load64_zero(p2, 16), v128.load64_zero(p3, 16), 0, 4, 1, 5);
    const x4 = v128.shuffle<f32>(pair01, pair23, 0, 1, 4, 5), x5 = v128.shuffle<f32>(pair01, pair23, 2, 3, 6, 7);
`,
    8: `${load(4, 'far')}\n    const ${range(4).map(i => `x${i + 4} = far${i}`).join(', ')};\n`,
  };
  return `
/** Four tiles, or one tile of four channels, that start at p0 .. p3 in the row buffer: their vectors at the ${count} x ${count} positions, \`step\` bytes apart. */
export function ${name}(${toColumnsParameters}): void {
${scope.declare()}
  for (let i = 0; i < ${count}; i++) {
${load(0, 'x')}
${rest[size]}${transform}
${lines(range(count), i => `    v128.store(to, y${i});\n    to += step;`)}
${lines(range(4), i => `    p${i} += rowBytes;`)}
  }
}`;
}

/** Transforms kernels. */
function kernels(constants, name, matrix) {
  const size = matrix[0].length;
  const count = matrix.length;
  const scope = constants.scope();
  const columns = toPoints(matrix, named('x', size), 'y', scope);
  const rows = toPoints(matrix, named('z', size), 'u', scope);
  const gather = i => `    let x${i} = v128.load32_zero(p0 + ${size * i} * tapBytes);
${lines([1, 2, 3], lane => `    x${i} = v128.load32_lane(p${lane} + ${size * i} * tapBytes, x${i}, ${lane});`)}`;
  return `
/**
 * Four kernels, whose ${size} x ${size} taps lie \`tapBytes\` (perhaps negative) apart from p0 .. p3 on: their values at the
 * ${count} x ${count} positions, \`step\` bytes apart, with \`laneBytes\` between the kernels.
 */
export function ${name}(
  ${kernelsParameters},
): void {
${scope.declare()}
  let at = temporary;
  for (let i = 0; i < ${size}; i++) {
${lines(range(size), gather)}
${columns}
${lines(range(count), i => `    v128.store(at, y${i}, ${16 * size * i});`)}
    at += 16;
${lines(range(4), i => `    p${i} += tapBytes;`)}
  }
  at = temporary;
  for (let i = 0; i < ${count}; i++) {
${lines(range(size), i => `    const z${i} = v128.load(at, ${16 * i});`)}
${rows}
${lines(
  range(count),
  i => `${lines(range(4), lane => `    v128.store_lane<f32>(to${lane ? ` + ${lane} * laneBytes` : ''}, u${i}, ${lane});`)}
    to += step;`,
)}
    at += ${16 * size};
  }
}`;
}

/** The first half of the way back: the columns, into `temporary` [size, count] of vectors. */
const fromColumns = (text, size, count) => `  let at = temporary;
  for (let i = 0; i < ${count}; i++) {
    let x = from;
${lines(range(count), i => `    const x${i} = v128.load(x);${i < count - 1 ? `\n    x += ${count} * step;` : ''}`)}
${text}
${lines(range(size), i => `    v128.store(at, y${i}, ${16 * count * i});`)}
    at += 16;
    from += step;
  }
  at = temporary;`;

/** Transforms products to outputs. */
function pixels(constants, name, matrix) {
  const size = matrix.length;
  const count = matrix[0].length;
  const scope = constants.scope();
  const columns = fromPoints(matrix, named('x', count), 'y', scope);
  const rows = fromPoints(matrix, named('z', count), 'o', scope);
  const store = {
    2: `    const tiles01 = v128.shuffle<f32>(finished0, finished1, 0, 4, 1, 5), tiles23 = v128.shuffle<f32>(finished0, finished1, 2, 6, 3, 7);
${lines(range(4), i => `    v128.store_lane<i64>(p${i}, tiles${i < 2 ? '01' : '23'}, ${i % 2});`)}`,
    4: `${transpose(named('finished', 4), 'tile')}
${lines(range(4), i => `    v128.store(p${i}, tile${i});`)}`,
  };
  return `
/**
 * Four tiles of ${size} x ${size} outputs at p0 .. p3, from their sums at the ${count} x ${count} positions, plus the number at \`bias\`, and
 * \`least\` where that is larger.
 */
export function ${name}(
  ${pixelsParameters},
): void {
${scope.declare()}
  const value = v128.load32_splat(bias);
  const floor = f32x4.splat(least);
${fromColumns(columns, size, count)}
  for (let i = 0; i < ${size}; i++) {
${lines(range(count), i => `    const z${i} = v128.load(at, ${16 * i});`)}
${rows}
${lines(range(size), i => `    const finished${i} = f32x4.max(f32x4.add(o${i}, value), floor);`)}
${store[size]}
${lines(range(4), i => `    p${i} += rowBytes;`)}
    at += ${16 * count};
  }
}`;
}

/** Transforms sums over tiles to the weight gradient. */
function tapsOf(constants, name, matrix) {
  const size = matrix.length;
  const count = matrix[0].length;
  const scope = constants.scope();
  const columns = fromPoints(matrix, named('x', count), 'y', scope);
  const rows = fromPoints(matrix, named('z', count), 'o', scope);
  return `
/** The ${size} x ${size} taps of four kernels, to p0 .. p3, from their sums at the ${count} x ${count} positions. */
export function ${name}(${tapsParameters}): void {
${scope.declare()}
${fromColumns(columns, size, count)}
  for (let i = 0; i < ${size}; i++) {
${lines(range(count), i => `    const z${i} = v128.load(at, ${16 * i});`)}
${rows}
${lines(range(size), i => lines(range(4), lane => `    v128.store_lane<f32>(p${lane}, o${i}, ${lane}, ${4 * i});`))}
${lines(range(4), i => `    p${i} += ${4 * size};`)}
    at += ${16 * count};
  }
}`;
}
