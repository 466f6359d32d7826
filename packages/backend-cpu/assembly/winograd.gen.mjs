/**
 * The transforms of Winograd's convolution F(4x4, 3x3) (Lavin and Gray, 2016): 4 x 4 outputs of a 3 x 3 kernel by 36
 * multiplications instead of 144, each at one of 6 x 6 positions.
 *
 * In one dimension it is Toom and Cook's product of polynomials. A polynomial is known by its values at enough points: those
 * of the kernel (matrix G) and of the pixels (the transpose of B) are multiplied point by point, and A transposed gives the
 * 4 outputs back. With 0, +-3/4, +-3/2 and infinity as points, all numbers of A and B are exact in float32, and the error is
 * half of that with the usual 0, +-1, +-2: near 1e-6 of the outputs' root mean square, up to six times that of direct sums. In
 * two dimensions the matrices are used on the columns and then on the rows.
 *
 * The weight gradient is F(3x3, 4x4): 3 x 3 outputs, with the 4 x 4 pixels of dy in place of the kernel.
 *
 * Points come in pairs of opposite sign, whose rows share their even and their odd part, so a transform takes half the work of
 * a product by its matrix. The functions here are straight-line code on four numbers of each kind at once; the loops around
 * them, and the layout of what they read and write, are in `winograd.ts`.
 */
const range = n => Array.from({ length: n }, (_, i) => i);
const lines = (items, text) => items.map(text).join('\n');

const points = [0, 3 / 4, -3 / 4, 3 / 2, -3 / 2];
const pairs = [[1, 2], [3, 4]];
const product = numbers => numbers.reduce((a, b) => a * b, 1);
const others = point => points.filter(other => other !== point);

/** The value of a polynomial of `size` coefficients at every point; at infinity it is the last coefficient. */
const values = (size, scale = () => 1) => [
  ...points.map(point => range(size).map(power => point ** power / scale(point))),
  range(size).map(power => (power === size - 1 ? 1 : 0)),
];
/** The coefficients of the polynomial with these roots. */
const withRoots = roots =>
  roots.reduce((p, root) => [...p, 0].map((_, i) => (p[i - 1] ?? 0) - root * (p[i] ?? 0)), [1]);
const transposed = matrix => matrix[0].map((_, i) => matrix.map(row => row[i]));

/** G: the values, divided by what the polynomial of B gives at its own point. */
const kernelMatrix = size => values(size, point => product(others(point).map(other => point - other)));
/** B transposed: for each point the polynomial that is 0 at all others. */
const windowMatrix = [...points.map(point => [...withRoots(others(point)), 0]), withRoots(points)];
/** A transposed. */
const outputMatrix = size => transposed(values(size));

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

/**
 * The text that takes `names` to the six points, `out`0 .. `out`5. The rows of opposite points are an even part (that of the
 * even columns) and an odd part, of which one changes its sign.
 */
function toPoints(matrix, names, out, scope) {
  const part = (row, parity) => sum(row.map((c, i) => (i % 2 === parity ? c : 0)), names, scope);
  const changes = (a, b, parity) => matrix[a].some((c, i) => i % 2 === parity && c !== matrix[b][i]);
  return [
    ...pairs.map(([a, b]) => {
      const [even, odd] = [`${out}Even${a}`, `${out}Odd${a}`];
      const opposite = changes(a, b, 0) ? `f32x4.sub(${odd}, ${even})` : `f32x4.sub(${even}, ${odd})`;
      return `    const ${even} = ${part(matrix[a], 0)}, ${odd} = ${part(matrix[a], 1)};
    const ${out}${a} = f32x4.add(${even}, ${odd}), ${out}${b} = ${opposite};`;
    }),
    ...[0, 5].map(i => `    const ${out}${i} = ${sum(matrix[i], names, scope)};`),
  ].join('\n');
}

/**
 * The text that takes `names` at the six points to `out`0, `out`1 ... Opposite points have the same numbers in even rows, so
 * that these take their sum, and opposite numbers in odd rows, which take their difference.
 */
function fromPoints(matrix, names, out, scope) {
  return [
    ...pairs.map(
      ([a, b]) =>
        `    const ${out}Sum${a} = f32x4.add(${names[a]}, ${names[b]}), ${out}Difference${a} = f32x4.sub(${names[a]}, ${names[b]});`,
    ),
    ...matrix.map((row, i) => {
      const kind = `${out}${i % 2 === 0 ? 'Sum' : 'Difference'}`;
      const values = [names[0], ...pairs.map(([a]) => `${kind}${a}`), names[5]];
      return `    const ${out}${i} = ${sum([row[0], ...pairs.map(([a]) => row[a]), row[5]], values, scope)};`;
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
  const body = [
    toRows(constants, 'Window', 'six rows of x under a row of tiles', windowMatrix),
    toColumns(constants, 'Window', windowMatrix),
    toRows(constants, 'Gradient', 'four rows of dy under a row of tiles', kernelMatrix(4)),
    toColumns(constants, 'Gradient', kernelMatrix(4)),
    kernels(constants, kernelMatrix(3)),
    pixels(constants, outputMatrix(4)),
    taps(constants, outputMatrix(3)),
  ].join('\n');
  return `
import { madd } from './madd';

const CONSTANTS: usize = memory.data<f32>([${constants.list.join(', ')}]);
${body}
`;
}

/** Transforms columns: from the image into the row buffer. */
function toRows(constants, name, what, matrix) {
  const size = matrix[0].length;
  const scope = constants.scope();
  const transform = toPoints(matrix, named('x', size), 'y', scope);
  return `
/**
 * Of ${what}, columns [column, end), 4 at a time: the last 4 overlap those before, so that nothing is
 * read or written beside them. Row r is image row \`row\` + r, or \`zeros\` outside of the image. Their values at the six points go
 * to rows of the row buffer, column 0 of the image to \`to\`.
 */
export function rowsTo${name}(
  x: usize, height: i32, width: i32, row: i32, column: i32, end: i32, zeros: usize, to: usize, rowBytes: usize,
): void {
${scope.declare()}
${lines(range(size), i => `  const from${i} = <u32>(row + ${i}) < <u32>height ? x + (<usize>((row + ${i}) * width) << 2) : zeros;`)}
  let at = <usize>column << 2;
  const last = <usize>(end - 4) << 2;
  while (true) {
${lines(range(size), i => `    const x${i} = v128.load(from${i} + at);`)}
${transform}
    let out = to + at;
${lines(range(6), i => `    v128.store(out, y${i});${i < 5 ? '\n    out += rowBytes;' : ''}`)}
    if (at >= last) break;
    at = min(at + 16, last);
  }
}`;
}

/** Transforms rows: from the row buffer to the 36 positions. */
function toColumns(constants, name, matrix) {
  const size = matrix[0].length;
  const scope = constants.scope();
  const transform = toPoints(matrix, named('x', size), 'y', scope);
  const rest = `    const pair01 = v128.shuffle<f32>(v128.load64_zero(p0, 16), v128.load64_zero(p1, 16), 0, 4, 1, 5);
    const pair23 = v128.shuffle<f32>(v128.load64_zero(p2, 16), v128.load64_zero(p3, 16), 0, 4, 1, 5);
    const x4 = v128.shuffle<f32>(pair01, pair23, 0, 1, 4, 5), x5 = v128.shuffle<f32>(pair01, pair23, 2, 3, 6, 7);
`;
  return `
/** Four tiles, or one tile of four channels, that start at p0 .. p3 in the row buffer: their 36 vectors, \`step\` bytes apart. */
export function columnsTo${name}(p0: usize, p1: usize, p2: usize, p3: usize, rowBytes: usize, to: usize, step: usize): void {
${scope.declare()}
  for (let i = 0; i < 6; i++) {
${lines(range(4), i => `    const row${i} = v128.load(p${i});`)}
${transpose(named('row', 4), 'x')}
${size === 6 ? rest : ''}${transform}
${lines(range(6), i => `    v128.store(to, y${i});\n    to += step;`)}
${lines(range(4), i => `    p${i} += rowBytes;`)}
  }
}`;
}

/** Transforms kernels. */
function kernels(constants, matrix) {
  const scope = constants.scope();
  const columns = toPoints(matrix, named('x', 3), 'y', scope);
  const rows = toPoints(matrix, named('z', 3), 'u', scope);
  const gather = i => `    let x${i} = v128.load32_zero(p0 + ${3 * i} * tapBytes);
${lines([1, 2, 3], lane => `    x${i} = v128.load32_lane(p${lane} + ${3 * i} * tapBytes, x${i}, ${lane});`)}`;
  return `
/**
 * Four kernels, whose nine taps lie \`tapBytes\` (perhaps negative) apart from p0 .. p3 on: their values at the 36 positions,
 * \`step\` bytes apart, with \`laneBytes\` between the kernels.
 */
export function transformKernels(
  p0: usize, p1: usize, p2: usize, p3: usize, tapBytes: usize, to: usize, laneBytes: usize, step: usize, temporary: usize,
): void {
${scope.declare()}
  let at = temporary;
  for (let i = 0; i < 3; i++) {
${lines(range(3), gather)}
${columns}
${lines(range(6), i => `    v128.store(at, y${i}, ${48 * i});`)}
    at += 16;
${lines(range(4), i => `    p${i} += tapBytes;`)}
  }
  at = temporary;
  for (let i = 0; i < 6; i++) {
${lines(range(3), i => `    const z${i} = v128.load(at, ${16 * i});`)}
${rows}
${lines(
  range(6),
  i => `${lines(range(4), lane => `    v128.store_lane<f32>(to${lane ? ` + ${lane} * laneBytes` : ''}, u${i}, ${lane});`)}
    to += step;`,
)}
    at += 48;
  }
}`;
}

/** The first half of the way back: the columns, into `temporary` [size, 6] of vectors. */
const fromColumns = (text, size) => `  let at = temporary;
  for (let i = 0; i < 6; i++) {
    let x = from;
${lines(range(6), i => `    const x${i} = v128.load(x);${i < 5 ? '\n    x += 6 * step;' : ''}`)}
${text}
${lines(range(size), i => `    v128.store(at, y${i}, ${96 * i});`)}
    at += 16;
    from += step;
  }
  at = temporary;`;

/** Transforms products to outputs. */
function pixels(constants, matrix) {
  const scope = constants.scope();
  const columns = fromPoints(matrix, named('x', 6), 'y', scope);
  const rows = fromPoints(matrix, named('z', 6), 'o', scope);
  return `
/** Four tiles of 4 x 4 outputs at p0 .. p3, from their sums at the 36 positions, plus the number at \`bias\`. */
export function tilesToPixels(
  from: usize, step: usize, bias: usize, p0: usize, p1: usize, p2: usize, p3: usize, rowBytes: usize, temporary: usize,
): void {
${scope.declare()}
  const value = v128.load32_splat(bias);
${fromColumns(columns, 4)}
  for (let i = 0; i < 4; i++) {
${lines(range(6), i => `    const z${i} = v128.load(at, ${16 * i});`)}
${rows}
${lines(range(4), i => `    const biased${i} = f32x4.add(o${i}, value);`)}
${transpose(named('biased', 4), 'tile')}
${lines(range(4), i => `    v128.store(p${i}, tile${i});\n    p${i} += rowBytes;`)}
    at += 96;
  }
}`;
}

/** Transforms sums over tiles to the weight gradient. */
function taps(constants, matrix) {
  const scope = constants.scope();
  const columns = fromPoints(matrix, named('x', 6), 'y', scope);
  const rows = fromPoints(matrix, named('z', 6), 'o', scope);
  return `
/** Four kernels' nine taps, to p0 .. p3, from their sums at the 36 positions. */
export function sumsToTaps(from: usize, step: usize, p0: usize, p1: usize, p2: usize, p3: usize, temporary: usize): void {
${scope.declare()}
${fromColumns(columns, 3)}
  for (let i = 0; i < 3; i++) {
${lines(range(6), i => `    const z${i} = v128.load(at, ${16 * i});`)}
${rows}
${lines(range(3), i => lines(range(4), lane => `    v128.store_lane<f32>(p${lane}, o${i}, ${lane}, ${4 * i});`))}
${lines(range(4), i => `    p${i} += 12;`)}
    at += 96;
  }
}`;
}
