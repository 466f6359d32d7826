import { sizeOf, stridesOf } from '@cnn/tensor';
import { at, contiguous, coordinates, plus, quotient } from '../indexing.js';
import type { DeviceKernels } from '../program.js';
import { asStored } from './create.js';
import { copyFrom } from './shape.js';

/** Parts of arrays, and arrays as parts of larger ones. */
export const slice: DeviceKernels<'slice' | 'pad' | 'concat' | 'flip'> = {
  slice: {
    plan: (launch, [x], { start, step }, [y]) => {
      const strides = stridesOf(x!.shape);
      const offset = strides.reduce((sum, stride, axis) => sum + stride * start[axis]!, 0);
      return [copyFrom(launch, y!.shape, { offset, strides: strides.map((stride, axis) => stride * step[axis]!) })];
    },
  },
  flip: {
    plan: (launch, [x], { axes }) => {
      const strides = stridesOf(x!.shape);
      const offset = axes.reduce((sum, axis) => sum + strides[axis]! * (x!.shape[axis]! - 1), 0);
      return [copyFrom(launch, x!.shape, { offset, strides: strides.map((s, axis) => (axes.includes(axis) ? -s : s)) })];
    },
  },
  pad: {
    plan: (launch, [x], { padding, interior }, [y]) => {
      const names = y!.shape.map((_, axis) => `p${axis}`);
      const from = y!.shape.map((_, axis) => `q${axis}`);
      const lines = names.map((name, axis) => {
        const step = interior[axis]! + 1;
        return `const s${axis} = ${plus(name, -padding[axis]![0])};\nconst q${axis} = ${quotient(`s${axis}`, step)};`;
      });
      const inside = from.map((q, axis) => `${q} * ${interior[axis]! + 1} === s${axis} && ${q} >= 0 && ${q} < ${x!.shape[axis]}`);
      const read = `r = x[${at(from, contiguous(x!.shape))}];`;
      const body = inside.reduceRight((code, condition) => `if (${condition}) {\n${code}\n}`, read);
      const code = `${coordinates('t', y!.shape, names)}\n${lines.join('\n')}\nlet r = value;\n${body}\nreturn r;`;
      return [launch(sizeOf(y!.shape), { x: 0 }, code)];
    },
    scalars: ({ value }, [x]) => ({ value: asStored(value, x!.dtype) }),
    key: ({ padding, interior }) => [padding, interior],
  },
  concat: {
    // Two arrays at a time, since a device reads only so many.
    plan: (launch, inputs, { axis }) => {
      const inner = sizeOf(inputs[0]!.shape.slice(axis + 1));
      const outer = sizeOf(inputs[0]!.shape.slice(0, axis));
      let length = inputs[0]!.shape[axis]!;
      let joined = 0;
      for (let next = 1; next < inputs.length; next++) {
        const added = inputs[next]!.shape[axis]!;
        const body = `${coordinates('t', [outer, (length + added) * inner], ['o', 'i'])}
let r = 0;
if (i < ${length * inner}) { r = a[o * ${length * inner} + i]; }
else { r = b[o * ${added * inner} + ${plus('i', -length * inner)}]; }
return r;`;
        joined = launch(outer * (length + added) * inner, { a: joined, b: next }, body);
        length += added;
      }
      return [joined === 0 ? launch(outer * length * inner, { a: 0 }, 'return a[t];') : joined];
    },
  },
};
