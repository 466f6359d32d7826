/** Files of golden numbers, `cnn-golden-v1`: cases with inputs, and the outputs and gradients that a trusted program computed from them. */
import { FormatError, show, sizeOf } from '@cnn/tensor';

/** A tensor in a case. "NaN", "Infinity" and "-Infinity" are numbers here. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly data: readonly number[];
}

/** Numbers in a case. */
export type GoldenValue = number | readonly number[] | GoldenTensor | GoldenTree;

/** Numbers by name. */
export interface GoldenTree {
  readonly [name: string]: GoldenValue;
}

/** One op or optimizer or schedule with given inputs. */
export interface GoldenCase {
  readonly suite: string;
  readonly name: string;
  readonly op: string;
  readonly attrs: Attrs;
  readonly inputs: GoldenTree;
  readonly outputs: GoldenTree;
  /** dL/d(output), by output. */
  readonly gradOutputs: GoldenTree;
  /** dL/d(input), by input. */
  readonly grads: GoldenTree;
  readonly steps: readonly GoldenTree[];
}

/** Whether a value is a tensor. */
export const isGoldenTensor = (value: GoldenValue): value is GoldenTensor =>
  typeof value === 'object' && !Array.isArray(value) && Array.isArray((value as Partial<GoldenTensor>).data);

/** The attributes of a case, each checked where it is read. */
export class Attrs {
  readonly #place: string;
  readonly #source: string;
  readonly #values: Readonly<Record<string, unknown>>;

  /** @internal */
  constructor(source: string, place: string, values: Readonly<Record<string, unknown>>) {
    this.#source = source;
    this.#place = place;
    this.#values = values;
  }

  /** The names of all attributes. */
  get names(): readonly string[] {
    return Object.keys(this.#values);
  }

  /** @throws {FormatError} unless it is a number; where it is absent, too, if there is no default. */
  number(name: string, byDefault?: number): number {
    return this.#read(name, byDefault, 'a number', (value): value is number => typeof value === 'number');
  }

  /** @throws {FormatError} unless it is true or false; where it is absent, too, if there is no default. */
  boolean(name: string, byDefault?: boolean): boolean {
    return this.#read(name, byDefault, 'true or false', (value): value is boolean => typeof value === 'boolean');
  }

  /** @throws {FormatError} unless it is text; where it is absent, too, if there is no default. */
  text(name: string, byDefault?: string): string {
    return this.#read(name, byDefault, 'text', (value): value is string => typeof value === 'string');
  }

  /** @throws {FormatError} unless it is a list of text. */
  texts(name: string): readonly string[] {
    return this.#read(name, undefined, 'a list of text', (value): value is string[] => isListOf(value, 'string'));
  }

  /** @throws {FormatError} unless it is a list of numbers, `length` of them where that is given. */
  numbers(name: string, length?: number): readonly number[] {
    const allowed = length === undefined ? 'a list of numbers' : `a list of ${length} numbers`;
    const accepts = (value: unknown): value is number[] =>
      isListOf(value, 'number') && (length === undefined || value.length === length);
    return this.#read(name, undefined, allowed, accepts);
  }

  /** @throws {FormatError} unless it is a list of lists of numbers. */
  lists(name: string): readonly (readonly number[])[] {
    const accepts = (value: unknown): value is number[][] =>
      Array.isArray(value) && value.every(item => isListOf(item, 'number'));
    return this.#read(name, undefined, 'a list of lists of numbers', accepts);
  }

  #read<T>(name: string, byDefault: T | undefined, allowed: string, accepts: (value: unknown) => value is T): T {
    const value = Object.hasOwn(this.#values, name) ? this.#values[name] : byDefault;
    if (!accepts(value)) throw new FormatError(this.#source, `${this.#place}.attrs.${name} is ${show(value)}, not ${allowed}`);
    return value;
  }
}

const isListOf = (value: unknown, type: 'string' | 'number'): value is unknown[] =>
  Array.isArray(value) && value.every(item => typeof item === type);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const format = 'cnn-golden-v1';
/** `problem` tells a reader what is computed. */
const knownFields = ['name', 'op', 'attrs', 'inputs', 'outputs', 'grad_outputs', 'grads', 'steps', 'problem'];
const dtypes = ['float32', 'int32', 'bool'];
const named = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/**
 * Reads a file of golden numbers.
 *
 * @param source - What errors call the file.
 * @throws {FormatError} if it is not JSON, of another format, or a part of it is not what the format has there. An unknown field
 * of a case is one, for its numbers would go unchecked.
 */
export function parseGolden(source: string, text: string): GoldenCase[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FormatError(source, `is not JSON: ${(cause as Error).message}`, undefined, { cause });
  }
  const fail = (problem: string): never => {
    throw new FormatError(source, problem);
  };
  if (!isRecord(json) || json.format !== format)
    return fail(`format is ${show(isRecord(json) ? json.format : json)}, not '${format}'`);
  const { suite, cases } = json;
  if (typeof suite !== 'string') return fail(`suite is ${show(suite)}, not text`);
  if (!Array.isArray(cases)) return fail(`cases is ${show(cases)}, not a list`);
  return cases.map((value: unknown, i) => parseCase(source, suite, `cases[${i}]`, value));
}

function parseCase(source: string, suite: string, place: string, value: unknown): GoldenCase {
  const fail = (problem: string): never => {
    throw new FormatError(source, problem);
  };
  if (!isRecord(value)) return fail(`${place} is ${show(value)}, not an object`);
  const { name, op, attrs = {}, inputs = {}, outputs = {}, grad_outputs = {}, grads = {}, steps = [] } = value;
  if (typeof name !== 'string' || typeof op !== 'string') return fail(`${place}: name and op must be text`);
  const at = `${place} '${name}'`;
  const odd = Object.keys(value).find(field => !knownFields.includes(field));
  if (odd) return fail(`${at}: no field '${odd}' in this format`);
  if (!isRecord(attrs)) return fail(`${at}.attrs is ${show(attrs)}, not an object`);
  if (!Array.isArray(steps)) return fail(`${at}.steps is ${show(steps)}, not a list`);
  const tree = (field: string, from: unknown): GoldenTree =>
    isRecord(from) ? parseTree(source, `${at}.${field}`, from) : fail(`${at}.${field} is ${show(from)}, not an object`);
  return {
    suite,
    name,
    op,
    attrs: new Attrs(source, at, attrs),
    inputs: tree('inputs', inputs),
    outputs: tree('outputs', outputs),
    gradOutputs: tree('grad_outputs', grad_outputs),
    grads: tree('grads', grads),
    steps: steps.map((step: unknown, i) => tree(`steps[${i}]`, step)),
  };
}

const parseTree = (source: string, place: string, tree: Readonly<Record<string, unknown>>): GoldenTree =>
  Object.fromEntries(Object.entries(tree).map(([name, value]) => [name, parseValue(source, `${place}.${name}`, value)]));

function parseValue(source: string, place: string, value: unknown): GoldenValue {
  const number = (item: unknown): number => {
    const found = typeof item === 'string' ? named.get(item) : typeof item === 'boolean' ? Number(item) : item;
    if (typeof found !== 'number') throw new FormatError(source, `${place} holds ${show(item)}, which is not a number`);
    return found;
  };
  if (Array.isArray(value)) return value.map(number);
  if (!isRecord(value)) return number(value);
  if (!('data' in value)) return parseTree(source, place, value);
  const { shape, dtype, data } = value;
  if (!isListOf(shape, 'number') || !dtypes.includes(dtype as string) || !Array.isArray(data))
    throw new FormatError(source, `${place} is ${show(value)}, not a tensor { shape, dtype: ${dtypes.join(' or ')}, data }`);
  if (data.length !== sizeOf(shape as number[]))
    throw new FormatError(source, `${place} has ${data.length} numbers for shape [${shape.join(', ')}]`);
  return { shape: shape as number[], dtype: dtype as GoldenTensor['dtype'], data: data.map(number) };
}
