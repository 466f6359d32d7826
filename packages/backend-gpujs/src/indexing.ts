/** Text of code that goes from a flat index to coordinates and back. */
import { type Shape, stridesOf } from '@cnn/tensor';

/** Steps between neighbours along each axis, from an offset. */
export interface Layout {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** A contiguous, row-major array. */
export const contiguous = (shape: Shape): Layout => ({ offset: 0, strides: stridesOf(shape) });

/** An array as if it had the shape it is broadcast to: it repeats along new axes and those of size 1. */
export function broadcast(shape: Shape, to: Shape): Layout {
  const strides = stridesOf(shape);
  const lead = to.length - shape.length;
  return { offset: 0, strides: to.map((_, axis) => (axis < lead || shape[axis - lead] === 1 ? 0 : strides[axis - lead]!)) };
}

/** floor(index / by) of whole numbers; the half keeps a device whose division is not exact on the right side. */
export const quotient = (index: string, by: number): string => (by === 1 ? index : `Math.floor((${index} + 0.5) / ${by})`);

/** `index + by`, and `index` alone for 0. */
export const plus = (index: string, by: number): string => (by === 0 ? index : by < 0 ? `${index} - ${-by}` : `${index} + ${by}`);

/** Statements that split the flat index of an array into constants of these names, outermost axis first. */
export function coordinates(index: string, shape: Shape, names: readonly string[]): string {
  const lines: string[] = [];
  let rest = index;
  for (let axis = shape.length - 1; axis > 0; axis--) {
    const next = `${names[axis]}_`;
    lines.push(`const ${next} = ${quotient(rest, shape[axis]!)};`, `const ${names[axis]} = ${rest} - ${next} * ${shape[axis]};`);
    rest = next;
  }
  if (shape.length > 0) lines.push(`const ${names[0]} = ${rest};`);
  return lines.join('\n');
}

/** The index at these coordinates. */
export function at(names: readonly string[], { offset, strides }: Layout): string {
  const terms = names.flatMap((name, axis) =>
    strides[axis] === 0 ? [] : [strides[axis] === 1 ? name : `${name} * ${strides[axis]}`],
  );
  return terms.length === 0 ? String(offset) : plus(terms.join(' + '), offset);
}

/**
 * Statements for an element of an array of this shape, and where that element lies in each layout. Axes that all layouts step
 * over evenly are taken as one.
 */
export function elementOf(shape: Shape, layouts: readonly Layout[], index = 't'): { code: string; indices: string[] } {
  const sizes: number[] = [];
  const strides: number[][] = layouts.map(() => []);
  for (const [axis, size] of shape.entries()) {
    if (size === 1) continue;
    const last = sizes.length - 1;
    if (last >= 0 && layouts.every((layout, i) => strides[i]![last] === layout.strides[axis]! * size)) {
      sizes[last]! *= size;
      for (const [i, layout] of layouts.entries()) strides[i]![last] = layout.strides[axis]!;
      continue;
    }
    sizes.push(size);
    for (const [i, layout] of layouts.entries()) strides[i]!.push(layout.strides[axis]!);
  }
  if (sizes.length === 1)
    return { code: '', indices: layouts.map(({ offset }, i) => at([index], { offset, strides: strides[i]! })) };
  const names = sizes.map((_, i) => `i${i}`);
  return {
    code: coordinates(index, sizes, names),
    indices: layouts.map(({ offset }, i) => at(names, { offset, strides: strides[i]! })),
  };
}

/** An axis and what lies around it: index (outer * length + i) * inner + inside. */
export function linesOf(shape: Shape, axis: number): { length: number; inner: number } {
  let inner = 1;
  for (const size of shape.slice(axis + 1)) inner *= size;
  return { length: shape[axis]!, inner };
}
