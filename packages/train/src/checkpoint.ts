/** All of a run's state in one file, from which it goes on as if it had never stopped. */
import { formatSafetensors, parseSafetensors, type SafetensorsTensor } from '@cnn/layers';
import {
  arrayTypes,
  CnnError,
  checkOptions,
  crc32,
  type DType,
  FormatError,
  type OptionRule,
  option,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
  type TypedArray,
  tensor,
  type Variable,
} from '@cnn/tensor';
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
  /** What was being trained and how, by topic; a run is resumed only by one with the same. */
  readonly fingerprint: Readonly<Record<string, unknown>>;
  readonly optimizerSteps: number;
  /** Of the last step. */
  readonly learningRate: number;
  /** What callbacks have made of it. */
  readonly learningRateScale: number;
  /** Images trained on. */
  readonly images: number;
  /** Sums over the epoch under way. */
  readonly running: { readonly loss: number; readonly correct: number; readonly images: number; readonly penalty?: number };
  /** Time inside training steps: of the run, and of the epoch under way. */
  readonly seconds: { readonly total: number; readonly epoch: number };
  readonly history: readonly EpochLog[];
  readonly callbacks: Readonly<Record<string, CallbackState>>;
  /** Parameters, state and optimizer slots by name. */
  readonly tensors: ReadonlyMap<string, { readonly shape: Shape; readonly data: TypedArray }>;
}

/** What a file's metadata say: all but the tensors and the callbacks' arrays. */
type RunJSON = Omit<Checkpoint, 'tensors' | 'callbacks'> & { readonly callbacks: Readonly<Record<string, unknown>> };

const formatName = 'cnn-checkpoint';
const version = '1';
const arrayPrefix = (callback: string): string => `callback/${encodeURIComponent(callback)}/`;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const record: OptionRule = { allowed: 'an object', accepts: isRecord };
const numbers = (...keys: readonly string[]): OptionRule => ({
  allowed: `an object with the numbers ${keys.join(', ')}`,
  accepts: value => isRecord(value) && keys.every(key => option.number.accepts(value[key])),
});
const runRules: { readonly [K in keyof RunJSON]: OptionRule } = {
  fingerprint: record,
  epoch: option.index,
  batch: option.index,
  step: option.index,
  optimizerSteps: option.index,
  learningRate: option.nonNegative,
  learningRateScale: option.nonNegative,
  images: option.index,
  running: numbers('loss', 'correct', 'images'),
  seconds: numbers('total', 'epoch'),
  history: option.list(numbers('epoch', 'trainLoss', 'trainAccuracy', 'learningRate', 'seconds', 'imagesPerSecond')),
  callbacks: record,
};

/** A checkpoint as the bytes of a safetensors file. */
export function formatCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { tensors, callbacks, ...rest } = checkpoint;
  const all = new Map<string, SafetensorsTensor>();
  for (const [name, { shape, data }] of tensors) all.set(`net/${name}`, { dtype: dtypeOf(data), shape, data });
  const plain: Record<string, unknown> = {};
  for (const [callback, { data = null, arrays = {} }] of Object.entries(callbacks)) {
    plain[callback] = data;
    for (const [name, array] of Object.entries(arrays)) {
      all.set(arrayPrefix(callback) + name, { dtype: dtypeOf(array), shape: [array.length], data: array });
    }
  }
  const run: RunJSON = { ...rest, callbacks: plain };
  const metadata = { format: formatName, version, run: JSON.stringify(run) };
  return formatSafetensors(all, { ...metadata, checksum: checksum(all, metadata) });
}

/** Of all that a file holds: its bytes depend on the contents only, so the reader can make them again. */
const checksum = (tensors: ReadonlyMap<string, SafetensorsTensor>, metadata: Readonly<Record<string, string>>): string =>
  crc32(formatSafetensors(tensors, metadata)).toString(16).padStart(8, '0');

/** Of an array in memory bool and uint8 look the same, and are stored the same. */
function dtypeOf(data: TypedArray): DType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  return data instanceof Int32Array ? 'int32' : 'uint8';
}

/** A checkpoint from its bytes, see {@link formatCheckpoint}. @throws {FormatError} for bytes that are no whole checkpoint of this version, or of which any bit has changed. */
export function parseCheckpoint(bytes: Uint8Array, source: string): Checkpoint {
  const file = parseSafetensors(bytes, source);
  const { checksum: expected, ...metadata } = file.metadata;
  if (metadata.format !== formatName) throw new FormatError(source, 'not a checkpoint');
  if (metadata.version !== version)
    throw new FormatError(source, `a checkpoint of version ${metadata.version}; this release reads ${version}`);
  const actual = checksum(file.tensors, metadata);
  if (actual !== expected) throw new FormatError(source, `damaged: its checksum is ${actual}, not ${expected}`);
  const run = parseRun(metadata.run, source);
  const left = new Map(file.tensors);
  // The tensors under a prefix, by the rest of their names.
  const take = (prefix: string): [string, SafetensorsTensor][] => {
    const names = [...left.keys()].filter(name => name.startsWith(prefix));
    const found = names.map((name): [string, SafetensorsTensor] => [name.slice(prefix.length), left.get(name)!]);
    for (const name of names) left.delete(name);
    return found;
  };
  const tensors = new Map(take('net/'));
  const callbacks = Object.entries(run.callbacks).map(([name, data]): [string, CallbackState] => {
    const arrays = take(arrayPrefix(name)).map(([key, { data }]) => [key, data]);
    return [name, { data, arrays: Object.fromEntries(arrays) }];
  });
  for (const name of left.keys()) throw new FormatError(source, `a tensor '${name}' that is of no part of a run`);
  return { ...run, tensors, callbacks: Object.fromEntries(callbacks) };
}

function parseRun(text: string | undefined, source: string): RunJSON {
  try {
    const run = JSON.parse(text ?? 'null');
    if (!isRecord(run)) throw new FormatError(source, 'a checkpoint without its run');
    checkOptions(source, run, runRules, Object.keys(runRules));
    return run as unknown as RunJSON;
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    if (!(cause instanceof CnnError || cause instanceof SyntaxError)) throw cause;
    throw new FormatError(source, `its run is damaged: ${cause.message}`, undefined, { cause });
  }
}

/** Copies of variables' numbers, by name. */
export async function captureVariables(variables: readonly Variable[]): Promise<Map<string, { shape: Shape; data: TypedArray }>> {
  return new Map(
    await Promise.all(
      variables.map(async ({ name, value }) => [name, { shape: value.shape, data: await value.data() }] as const),
    ),
  );
}

/**
 * Checks captured numbers against variables, and gives the function that puts them back.
 *
 * @throws {FormatError} if one is missing or has another shape or type. Nothing is assigned then.
 */
export function restorer(variables: readonly Variable[], captured: Checkpoint['tensors'], source: string): () => void {
  const next = variables.map((variable): [Variable, TypedArray] => {
    const { name, value } = variable;
    const found = captured.get(name);
    if (!found) throw new FormatError(source, `there is no '${name}' in it`);
    if (!sameShape(found.shape, value.shape) || found.data.length !== sizeOf(value.shape)) {
      throw new FormatError(source, `'${name}' is ${showShape(found.shape)} in it, ${showShape(value.shape)} in the run`);
    }
    if (!(found.data instanceof arrayTypes[value.dtype])) {
      throw new FormatError(source, `'${name}' is ${dtypeOf(found.data)} in it, ${value.dtype} in the run`);
    }
    return [variable, found.data];
  });
  return () => {
    for (const [variable, data] of next) {
      const { backend, shape, dtype } = variable.value;
      variable.assign(tensor(backend, data, { shape, dtype }));
    }
  };
}
