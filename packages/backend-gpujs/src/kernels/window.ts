import { sizeOf, type WindowAttrs } from '@cnn/tensor';
import { at, contiguous, coordinates, plus } from '../indexing.js';
import type { DeviceKernels } from '../program.js';

type Axes = Pick<WindowAttrs, 'stride' | 'padding' | 'dilation'>;

/** Code for the pixel that output `out` meets at position `tap` of the kernel, along an axis. */
export const pixelAt = ({ stride, padding, dilation }: Axes, axis: number, out: string, tap: string): string =>
  plus(`${out} * ${stride[axis]} + ${tap} * ${dilation[axis]}`, -padding[axis]![0]);

/** Statements that run `code` with the constant `name` as the output that meets `pixel` at position `tap`, where there is one. */
export function outputAt(
  { stride, padding, dilation }: Axes,
  axis: number,
  { name, pixel, tap, count }: { readonly name: string; readonly pixel: string; readonly tap: string; readonly count: number },
  code: string,
): string {
  const reach = `${plus(pixel, padding[axis]![0])} - ${tap} * ${dilation[axis]}`;
  const step = stride[axis]!;
  if (step === 1) return `const ${name} = ${reach};\nif (${name} >= 0 && ${name} < ${count}) {\n${code}\n}`;
  return `const ${name}_ = ${reach};
const ${name} = Math.floor((${name}_ + 0.5) / ${step});
if (${name} * ${step} === ${name}_ && ${name} >= 0 && ${name} < ${count}) {
${code}
}`;
}

/** A loop over the positions of the kernel along an axis. */
export const eachTap = (name: string, size: number, code: string): string =>
  `for (let ${name} = 0; ${name} < ${size}; ${name}++) {\n${code}\n}`;

const namesOf = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

/** A window that slides over images [n, c, ...spatial]; its columns are [n, c, ...kernel, ...out]. */
export const window: DeviceKernels<'unfold' | 'fold'> = {
  unfold: {
    plan: (launch, [x], attrs, [y]) => {
      const rank = attrs.kernelSize.length;
      const taps = namesOf('k', rank);
      const outs = namesOf('o', rank);
      const pixels = namesOf('p', rank);
      const lines = pixels.map((pixel, axis) => `const ${pixel} = ${pixelAt(attrs, axis, outs[axis]!, taps[axis]!)};`);
      const inside = pixels.map((pixel, axis) => `${pixel} >= 0 && ${pixel} < ${x!.shape[2 + axis]}`).join(' && ');
      const body = `${coordinates('t', y!.shape, ['n', 'c', ...taps, ...outs])}
${lines.join('\n')}
let r = value;
if (${inside}) { r = x[${at(['n', 'c', ...pixels], contiguous(x!.shape))}]; }
return r;`;
      return [launch(sizeOf(y!.shape), { x: 0 }, body)];
    },
    scalars: ({ padValue }) => ({ value: padValue }),
    key: ({ stride, padding, dilation }) => [stride, padding, dilation],
  },
  fold: {
    plan: (launch, [y], attrs, [x]) => {
      const rank = attrs.kernelSize.length;
      const taps = namesOf('k', rank);
      const outs = namesOf('o', rank);
      const pixels = namesOf('p', rank);
      let code = `s += y[${at(['n', 'c', ...taps, ...outs], contiguous(y!.shape))}];`;
      for (let axis = rank - 1; axis >= 0; axis--) {
        const output = { name: outs[axis]!, pixel: pixels[axis]!, tap: taps[axis]!, count: y!.shape[2 + rank + axis]! };
        code = eachTap(taps[axis]!, attrs.kernelSize[axis]!, outputAt(attrs, axis, output, code));
      }
      return [
        launch(
          sizeOf(x!.shape),
          { y: 0 },
          `${coordinates('t', x!.shape, ['n', 'c', ...pixels])}\nlet s = 0;\n${code}\nreturn s;`,
        ),
      ];
    },
  },
};
