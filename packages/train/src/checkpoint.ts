/** All of a run's state in one file, from which it goes on as if it had never stopped. */
import { formatSafetensors, parseSafetensors } from '@cnn/layers';
import { FormatError, type Shape, sameShape, showShape, type Tensor, type TypedArray, tensor, type Variable } from '@cnn/tensor';
import type { EpochLog } from './events.js';

/** What a callback wants to find again: plain data, and arrays by name. */
export interface CallbackState {
  readonly data?: unknown;
  readonly arrays?: Readonly<Record<string, TypedArray>>;
}

/** Where a run stands. */
export interface Position {
  /** Whole epochs done. */
  readonly epoch: number;
  /** Batches done of the epoch under way. */
  readonly batch: number;
  /** Steps of the whole run. */
  readonly step: number;
}

/** A run between two steps. */
export interface Checkpoint extends Position {
  /** Says what was being trained and how; a run is resumed only by one with the same. */
  readonly fingerprint: string;
  readonly optimizerSteps: number;
  /** Images trained on. */
  readonly images: number;
  /** Sums over the epoch under way. */
  readonly running: { readonly loss: number; readonly correct: number; readonly images: number };
  /** Time inside training steps: of the run, and of the epoch under way. */
  readonly seconds: { readonly total: number; readonly epoch: number };
  readonly history: readonly EpochLog[];
  readonly callbacks: Readonly<Record<string, CallbackState>>;
  /** Parameters, state and optimizer slots by name. */
  readonly tensors: ReadonlyMap<string, { readonly shape: Shape; readonly data: TypedArray }>;
}

const formatName = 'cnn-checkpoint';
const version = '1';

/** A checkpoint as the bytes of a safetensors file. */
export function formatCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { tensors, callbacks, ...rest } = checkpoint;
  const all = new Map<string, { dtype: 'float32' | 'float64' | 'int32' | 'uint8'; shape: Shape; data: TypedArray }>();
  const put = (name: string, shape: Shape, data: TypedArray): void => {
    const dtype =
      data instanceof Float32Array
        ? 'float32'
        : data instanceof Float64Array
          ? 'float64'
          : data instanceof Int32Array
            ? 'int32'
            : 'uint8';
    all.set(name, { dtype, shape, data });
  };
  for (const [name, { shape, data }] of tensors) put(`net/${name}`, shape, data);
  const plain: Record<string, unknown> = {};
  for (const [callback, { data, arrays }] of Object.entries(callbacks)) {
    plain[callback] = data ?? null;
    for (const [name, array] of Object.entries(arrays ?? {})) put(`callback/${callback}/${name}`, [array.length], array);
  }
  return formatSafetensors(all, { format: formatName, version, run: JSON.stringify({ ...rest, callbacks: plain }) });
}

/** @throws {FormatError} for bytes that are no whole checkpoint of this version. */
export function parseCheckpoint(bytes: Uint8Array, source: string): Checkpoint {
  const { tensors, metadata } = parseSafetensors(bytes, source);
  if (metadata.format !== formatName) throw new FormatError(source, 'not a checkpoint');
  if (metadata.version !== version)
    throw new FormatError(source, `a checkpoint of version ${metadata.version}; this release reads ${version}`);
  const run = JSON.parse(metadata.run ?? 'null') as
    | (Omit<Checkpoint, 'tensors' | 'callbacks'> & { callbacks: Record<string, unknown> })
    | null;
  if (!run || typeof run.step !== 'number') throw new FormatError(source, 'a checkpoint without its run');
  const net = new Map<string, { shape: Shape; data: TypedArray }>();
  const callbacks: Record<string, { data?: unknown; arrays: Record<string, TypedArray> }> = {};
  for (const [name, data] of Object.entries(run.callbacks)) callbacks[name] = { data, arrays: {} };
  for (const [name, { shape, data }] of tensors) {
    const [kind, first, ...rest] = name.split('/');
    if (kind === 'net') net.set([first, ...rest].join('/'), { shape, data });
    else if (kind === 'callback') callbacks[first!]!.arrays[rest.join('/')] = data;
    else throw new FormatError(source, `an unknown tensor '${name}'`);
  }
  return { ...run, tensors: net, callbacks };
}

/** Copies of variables' numbers, by name. */
export async function captureVariables(variables: readonly Variable[]): Promise<Map<string, { shape: Shape; data: TypedArray }>> {
  return new Map(
    await Promise.all(
      variables.map(async ({ name, value }) => [name, { shape: value.shape, data: await value.data() }] as const),
    ),
  );
}

/** Puts captured numbers back. Nothing is assigned unless every variable is there with its shape. */
export function restoreVariables(variables: readonly Variable[], captured: Checkpoint['tensors'], source: string): void {
  const next = variables.map((variable): [Variable, () => Tensor] => {
    const { name, value } = variable;
    const found = captured.get(name);
    if (!found) throw new FormatError(source, `there is no '${name}' in it`);
    if (!sameShape(found.shape, value.shape)) {
      throw new FormatError(source, `'${name}' is ${showShape(found.shape)} in it, ${showShape(value.shape)} in the run`);
    }
    return [variable, () => tensor(value.backend, found.data, { shape: value.shape, dtype: value.dtype })];
  });
  for (const [variable, make] of next) variable.assign(make());
}
