import { type Kernel, type Kernels, type Spec, showSpec, sizeOf, type View } from '@cnn/tensor';
import type { Device, DeviceProgram, GpuJsBuffer } from './device.js';
import { deviceKernels } from './kernels/index.js';
import type { DeviceKernel, Ref } from './program.js';
import { Recent } from './recent.js';

/** A launch. */
interface Step {
  readonly size: number;
  readonly source: string;
  /** Source and sizes, by which ops share kernels. */
  readonly key: string;
  /** The arrays that it takes, and then these scalars. */
  readonly refs: readonly Ref[];
  readonly scalars: readonly string[];
}

/** An op for certain shapes and attributes. */
interface Plan {
  /** The op and its shapes, for errors. */
  readonly what: string;
  readonly steps: readonly Step[];
  readonly outputs: readonly Ref[];
}

/** The kernel table of a device. It keeps the `limit` kernels that were used last. */
export function kernelTable(device: Device, limit: number): Kernels<GpuJsBuffer> {
  const plans = new Recent<Plan>(limit, () => {});
  const programs = new Recent<DeviceProgram>(limit, program => device.evict(program));
  const programOf = ({ key, source, size }: Step) => programs.get(key, () => device.program(source, size));
  const table: Record<string, Kernel<GpuJsBuffer, unknown>> = Object.create(null);
  for (const [name, kernel] of Object.entries(deviceKernels as unknown as Record<string, DeviceKernel<unknown>>)) {
    table[name] = (inputs, attrs, outputs) => {
      for (const { buffer } of inputs) device.check(buffer);
      const key = keyOf(name, kernel, inputs, attrs, outputs);
      const plan = plans.get(key, () => planOf(device, name, kernel, inputs, attrs, outputs));
      const results = run(device, programOf, plan, inputs, { ...common, ...kernel.scalars?.(attrs, inputs, outputs) });
      if (kernel.note) results.at(-1)!.note = kernel.note(attrs, inputs, outputs);
      return results;
    };
  }
  return table as unknown as Kernels<GpuJsBuffer>;
}

/** Numbers that source text cannot name. */
const common = { nan: Number.NaN, infinity: Number.POSITIVE_INFINITY };

function keyOf(
  name: string,
  { key }: DeviceKernel<unknown>,
  inputs: readonly View<GpuJsBuffer>[],
  attrs: unknown,
  outputs: readonly Spec[],
): string {
  let text = name;
  for (const { shape, dtype, buffer } of inputs) text += `|${dtype}${shape.join()}${buffer.note ?? ''}`;
  for (const { shape, dtype } of outputs) text += `|${dtype}${shape.join()}`;
  return `${text}|${JSON.stringify(key ? key(attrs) : attrs)}`;
}

function planOf(
  device: Device,
  name: string,
  kernel: DeviceKernel<unknown>,
  inputs: readonly View<GpuJsBuffer>[],
  attrs: unknown,
  outputs: readonly Spec[],
): Plan {
  const what = `${name} of ${inputs.map(showSpec).join(', ') || 'nothing'} to ${outputs.map(showSpec).join(', ')}`;
  for (const { shape } of [...inputs, ...outputs]) device.checkSize(what, sizeOf(shape));
  const known = Object.keys({ ...common, ...kernel.scalars?.(attrs, inputs, outputs) });
  const steps: Step[] = [];
  const sizes = inputs.map(({ shape }) => sizeOf(shape));
  const refs = kernel.plan(
    (size, arrays, body) => {
      const scalars = known.filter(scalar => new RegExp(`\\b${scalar}\\b`).test(body));
      const source = `function(${[...Object.keys(arrays), ...scalars].join(', ')}) {\nconst t = this.thread.x;\n${body}\n}`;
      device.checkSize(what, size);
      const refs = Object.values(arrays);
      const key = `${size}|${refs.map(ref => sizes[ref])}|${source}`;
      sizes.push(size);
      steps.push({ size, source, key, refs, scalars });
      return inputs.length + steps.length - 1;
    },
    inputs.map(({ shape, dtype, buffer }) => ({ shape, dtype, note: buffer.note })),
    attrs,
    outputs,
  );
  return { what, steps, outputs: refs };
}

function run(
  device: Device,
  programOf: (step: Step) => DeviceProgram,
  { what, steps, outputs }: Plan,
  inputs: readonly View<GpuJsBuffer>[],
  scalars: Readonly<Record<string, number>>,
): GpuJsBuffer[] {
  const arrays = inputs.map(({ buffer }) => buffer);
  let done = false;
  try {
    for (const step of steps) {
      const values = [...step.refs.map(ref => arrays[ref]!), ...step.scalars.map(name => scalars[name]!)];
      arrays.push(step.size > 0 ? device.launch(what, programOf(step), values) : device.empty());
    }
    done = true;
    return outputs.map(ref => arrays[ref]!);
  } finally {
    for (let ref = inputs.length; ref < arrays.length; ref++) if (!done || !outputs.includes(ref)) device.free(arrays[ref]!);
  }
}
