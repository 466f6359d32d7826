import { type AvgPoolAttrs, type Shape, sameShape, sizeOf, type WindowAttrs } from '@cnn/tensor';
import { coordinates } from '../indexing.js';
import type { DeviceKernels } from '../program.js';
import { isNumber } from './not-a-number.js';
import { eachTap, outputAt, pixelAt } from './window.js';

/** Statements that run `code` for each pixel (iy, ix) of window (oy, ox) that is inside the image, widened by `extra` pixels. */
function eachPixel(attrs: WindowAttrs, [, , h, w]: Shape, code: string, extra = attrs.padding.map(() => [0, 0])): string {
  const [[top, bottom], [left, right]] = extra as [[number, number], [number, number]];
  const condition = `iy >= ${-top} && iy < ${h! + bottom} && ix >= ${-left} && ix < ${w! + right}`;
  const pixel = `const iy = ${pixelAt(attrs, 0, 'oy', 'ky')};\nconst ix = ${pixelAt(attrs, 1, 'ox', 'kx')};\nif (${condition}) {\n${code}\n}`;
  return eachTap('ky', attrs.kernelSize[0]!, eachTap('kx', attrs.kernelSize[1]!, pixel));
}

/** Statements that set `count` to how many elements the average of window (oy, ox) is over. */
const divisor = (attrs: AvgPoolAttrs, image: Shape): string =>
  `let count = 0;\n${eachPixel(attrs, image, 'count += 1;', attrs.countIncludePad ? attrs.padding.map(p => [...p]) : undefined)}`;

/** Statements that run `code` for each window (oy, ox) that pixel (iy, ix) is in. */
function eachWindow(attrs: WindowAttrs, [, , oh, ow]: Shape, code: string): string {
  const across = outputAt(attrs, 1, { name: 'ox', pixel: 'ix', tap: 'kx', count: ow! }, code);
  const down = outputAt(
    attrs,
    0,
    { name: 'oy', pixel: 'iy', tap: 'ky', count: oh! },
    eachTap('kx', attrs.kernelSize[1]!, across),
  );
  return eachTap('ky', attrs.kernelSize[0]!, down);
}

/** Where the indices of max pooling come from, which their buffer tells the gradient. */
interface Windows {
  readonly attrs: WindowAttrs;
  readonly image: Shape;
  readonly out: Shape;
}

const names = ['plane', 'oy', 'ox'];
/** [n, c, h, w] as [planes, h, w]. */
const planes = ([n, c, h, w]: Shape): number[] => [n! * c!, h!, w!];

/** Pooling and its gradients. */
export const pooling: DeviceKernels<'maxPool2d' | 'maxPool2dGrad' | 'avgPool2d' | 'avgPool2dGrad'> = {
  maxPool2d: {
    plan: (launch, [x], attrs, [y]) => {
      const [, , h, w] = x!.shape as [number, number, number, number];
      const look = `const v = x[(plane * ${h} + iy) * ${w} + ix];
${isNumber('vn', 'v')}
${isNumber('hn', 'held')}
if (r < 0 || (v > held && hn === 1) || vn < hn) {
held = v;
r = iy * ${w} + ix;
}`;
      const size = sizeOf(y!.shape);
      const body = `${coordinates('t', planes(y!.shape), names)}\nlet held = 0;\nlet r = -1;\n${eachPixel(attrs, x!.shape, look)}\nreturn r;`;
      const indices = launch(size, { x: 0 }, body);
      const plane = `Math.floor((t + 0.5) / ${y!.shape[2]! * y!.shape[3]!})`;
      return [launch(size, { x: 0, indices }, `return x[${plane} * ${h * w} + indices[t]];`), indices];
    },
    note: (attrs, [x], [y]) => JSON.stringify({ attrs, image: x!.shape, out: y!.shape } satisfies Windows),
  },
  maxPool2dGrad: {
    plan: (launch, [dy, indices], _, [dx]) => {
      const [, , oh, ow] = dy!.shape as [number, number, number, number];
      const w = dx!.shape[3]!;
      const take = (window: string): string =>
        `if (indices[plane * ${oh * ow} + ${window}] === iy * ${w} + ix) { s += dy[plane * ${oh * ow} + ${window}]; }`;
      // The op does not say which windows the indices come from; where their buffer does not, all of the plane are looked through.
      const windows = indices!.note && (JSON.parse(indices!.note) as Windows);
      const known = windows && sameShape(windows.image, dx!.shape) && sameShape(windows.out, dy!.shape);
      const sum = known
        ? eachWindow(windows.attrs, dy!.shape, take(`oy * ${ow} + ox`))
        : `for (let k = 0; k < ${oh * ow}; k++) { ${take('k')} }`;
      const body = `${coordinates('t', planes(dx!.shape), ['plane', 'iy', 'ix'])}\nlet s = 0;\n${sum}\nreturn s;`;
      return [launch(sizeOf(dx!.shape), { dy: 0, indices: 1 }, body)];
    },
  },
  avgPool2d: {
    plan: (launch, [x], attrs, [y]) => {
      const [, , h, w] = x!.shape as [number, number, number, number];
      const sum = eachPixel(attrs, x!.shape, `s += x[(plane * ${h} + iy) * ${w} + ix];`);
      const body = `${coordinates('t', planes(y!.shape), names)}\nlet s = 0;\n${sum}\n${divisor(attrs, x!.shape)}\nreturn s / count;`;
      return [launch(sizeOf(y!.shape), { x: 0 }, body)];
    },
  },
  avgPool2dGrad: {
    plan: (launch, [dy], attrs, [dx]) => {
      const [, , oh, ow] = dy!.shape as [number, number, number, number];
      const shares = `${coordinates('t', planes(dy!.shape), names)}\n${divisor(attrs, dx!.shape)}\nreturn dy[t] / count;`;
      const each = launch(sizeOf(dy!.shape), { dy: 0 }, shares);
      const sum = eachWindow(attrs, dy!.shape, `s += each[(plane * ${oh} + oy) * ${ow} + ox];`);
      const body = `${coordinates('t', planes(dx!.shape), ['plane', 'iy', 'ix'])}\nlet s = 0;\n${sum}\nreturn s;`;
      return [launch(sizeOf(dx!.shape), { each }, body)];
    },
  },
};
