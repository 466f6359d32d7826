/**
 * Tensors are disposable handles on values. A value has a spec and a counted buffer; several handles may share a value, and a
 * view is another value on the same buffer. Tapes follow values, not handles.
 */
import type { AnyBackend } from './backend.js';
import { BackendError, DTypeError, ShapeError, UsageError } from './errors.js';
import { checkOptions, option } from './options.js';
import { currentRecorder } from './recorder.js';
import {
  byteLengthOf,
  checkShape,
  type DType,
  type Nested,
  type Shape,
  type Spec,
  shapeOfNested,
  showShape,
  showSpec,
  sizeOf,
  type TypedArray,
  toTypedArray,
} from './spec.js';
import { VERSION } from './version.js';

// ---- buffers and values -------------------------------------------------------------------------

/** A buffer and how many keep it: handles, views, and the entries of open tapes. */
export class Storage {
  count = 0;

  constructor(
    readonly backend: AnyBackend,
    readonly buffer: unknown,
  ) {}

  release(): void {
    if (--this.count === 0) this.backend.free(this.buffer);
  }
}

/** One result, and the identity that tapes follow. */
export class Value {
  constructor(
    readonly storage: Storage,
    readonly spec: Spec,
  ) {}
}

// ---- owners -------------------------------------------------------------------------------------

/** Who disposes a tensor: the scope it was made in, a variable, or (undefined) its user. */
export type Owner = Scope | Cell | undefined;

/** Something that keeps one tensor for good, as a variable does. */
export interface Cell {
  readonly cell: string;
}

/** The tensors that `tidy` will free. */
class Scope {
  readonly tensors = new Set<Tensor>();
}

let scope: Scope | undefined;

// Reach into a handle's private fields; only this module and those it exports them to do.
let valueIn: (tensor: Tensor, who: string) => Value;
let ownerOf: (tensor: Tensor) => Owner;
let give: (tensor: Tensor, owner: Owner) => void;
let drop: (tensor: Tensor) => void;
let ghost: (value: Value, op: string) => Tensor;

/** Frees buffers whose last handle was lost outside every scope. It comes late, and never within one synchronous run. */
let lost: FinalizationRegistry<Storage> | undefined;
let warned = false;
function watch(tensor: Tensor, storage: Storage): void {
  lost ??= new FinalizationRegistry(storage => {
    if (!warned) console.warn('cnn: a tensor was garbage-collected without dispose(); make it inside tidy() or dispose it');
    warned = true;
    storage.release();
  });
  lost.register(tensor, storage, tensor);
}

// ---- handles ------------------------------------------------------------------------------------

/**
 * A handle on an array of numbers that lives on a backend. It cannot be changed; ops make new tensors. The `tidy` or `grad`
 * that it was made in disposes it, or `dispose()` or `using` does.
 */
export class Tensor {
  #value: Value | undefined;
  #owner: Owner;
  #ghostOf: string | undefined;
  /** Sizes of the axes. */
  readonly shape: Shape;
  /** Element type. */
  readonly dtype: DType;
  /** Where it lives. */
  readonly backend: AnyBackend;

  /** @internal */
  constructor(value: Value, ghostOf?: string) {
    this.shape = value.spec.shape;
    this.dtype = value.spec.dtype;
    this.backend = value.storage.backend;
    this.#ghostOf = ghostOf;
    if (ghostOf !== undefined) return;
    value.storage.count++;
    this.#value = value;
    this.#owner = scope;
    if (scope) scope.tensors.add(this);
    else watch(this, value.storage);
  }

  /** How many elements there are. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** How many bytes the elements take. */
  get byteLength(): number {
    return byteLengthOf(this);
  }

  /** The version of the package that made this tensor. */
  get version(): string {
    return VERSION;
  }

  /** Whether it was given back. */
  get disposed(): boolean {
    return this.#value === undefined;
  }

  /** A copy of the numbers, row-major; rejects with the error of the first op that failed on the way to them. */
  async data(): Promise<TypedArray> {
    currentRecorder()?.refuse('it reads numbers');
    const { storage, spec } = valueIn(this, 'data');
    return this.backend.read(storage.buffer, spec);
  }

  /**
   * A copy of the numbers, at once.
   *
   * @throws {BackendError} where the backend cannot read without waiting; use `data()` there.
   */
  dataSync(): TypedArray {
    currentRecorder()?.refuse('it reads numbers');
    const { storage, spec } = valueIn(this, 'dataSync');
    if (!this.backend.readSync)
      throw new BackendError(`backend '${this.backend.name}' cannot read at once; use 'await x.data()'`);
    return this.backend.readSync(storage.buffer, spec);
  }

  /** The one number of a tensor of size 1. */
  async item(): Promise<number> {
    if (this.size !== 1) throw new ShapeError(`item: the tensor is ${showShape(this.shape)}, not one number`);
    return (await this.data())[0]!;
  }

  /** A copy on another backend. */
  async to(backend: AnyBackend): Promise<Tensor> {
    return tensor(backend, await this.data(), { shape: this.shape, dtype: this.dtype });
  }

  /** Gives the tensor back. A second call does nothing. */
  dispose(): void {
    if (this.#owner && !(this.#owner instanceof Scope)) {
      throw new UsageError(`dispose: the tensor belongs to ${this.#owner.cell}`);
    }
    drop(this);
  }

  /** `dispose()`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  static {
    valueIn = (tensor, who) => {
      if (!isObject(tensor) || !(#value in tensor)) throw new UsageError(foreign(tensor, who));
      if (tensor.#value) return tensor.#value;
      if (tensor.#ghostOf)
        throw new UsageError(`${who}: the op '${tensor.#ghostOf}' does not save this tensor for its gradient; see 'saves'`);
      throw new UsageError(`${who}: the tensor ${showShape(tensor.shape)} was disposed`);
    };
    ownerOf = tensor => tensor.#owner;
    give = (tensor, owner) => {
      const before = tensor.#owner;
      if (before === owner) return;
      if (before instanceof Scope) before.tensors.delete(tensor);
      else if (!before) lost?.unregister(tensor);
      tensor.#owner = owner;
      if (owner instanceof Scope) owner.tensors.add(tensor);
      else if (!owner && tensor.#value) watch(tensor, tensor.#value.storage);
    };
    drop = tensor => {
      const value = tensor.#value;
      if (!value) return;
      if (tensor.#owner instanceof Scope) tensor.#owner.tensors.delete(tensor);
      else if (!tensor.#owner) lost?.unregister(tensor);
      tensor.#owner = undefined;
      tensor.#value = undefined;
      value.storage.release();
    };
    ghost = (value, op) => new Tensor(value, op);
  }
}

export { drop, ghost, give, ownerOf, valueIn };

const isObject = (x: unknown): x is object => typeof x === 'object' && x !== null;

const foreign = (x: unknown, who: string): string =>
  isObject(x) && 'version' in x && 'backend' in x
    ? `${who}: the tensor was made by another copy of @cnn/tensor (${String(x.version)}; this is ${VERSION}); install one copy`
    : `${who}: not a tensor`;

/** Another handle on the same value, so that each can be disposed alone. Tapes follow it without an entry. */
export const alias = (tensor: Tensor): Tensor => new Tensor(valueIn(tensor, 'alias'));

/** @throws {DTypeError} unless the backend has the dtype. @throws {UsageError} for something else than a backend. */
export function checkBackendHas(who: string, backend: AnyBackend, dtype: DType): void {
  if (!isObject(backend) || !Array.isArray(backend.dtypes))
    throw new UsageError(`${who}: ${'then' in Object(backend) ? 'the backend is a promise; await it' : 'that is no backend'}`);
  if (backend.dtypes.includes(dtype)) return;
  throw new DTypeError(`${who}: backend '${backend.name}' has no ${dtype}; it has ${backend.dtypes.join(', ')}`);
}

/**
 * Makes a tensor of numbers: a number, nested lists, or a flat array with a shape.
 *
 * @param options - `shape`: taken from the nesting by default. `dtype`: float32 by default.
 * @throws {ShapeError} where the numbers do not fill the shape.
 * @throws {DTypeError} where the backend lacks the dtype, or the dtype cannot hold a number.
 */
export function tensor(backend: AnyBackend, data: Nested | TypedArray, options: { shape?: Shape; dtype?: DType } = {}): Tensor {
  checkOptions('tensor', options, { shape: option.any, dtype: option.any });
  const { shape, dtype = 'float32' } = options;
  const numbers = ArrayBuffer.isView(data) ? data : [data].flat(Number.POSITIVE_INFINITY as 1);
  const spec: Spec = { shape: shape ?? (ArrayBuffer.isView(data) ? [data.length] : shapeOfNested(data)), dtype };
  checkShape('tensor', spec.shape);
  if (numbers.length !== sizeOf(spec.shape))
    throw new ShapeError(`tensor: ${numbers.length} numbers for shape ${showShape(spec.shape)}`);
  checkBackendHas('tensor', backend, dtype);
  currentRecorder()?.refuse('it uploads numbers');
  const buffer = backend.write(toTypedArray(numbers as ArrayLike<number>, dtype), spec);
  return new Tensor(new Value(new Storage(backend, buffer), spec));
}

// ---- scopes -------------------------------------------------------------------------------------

/** The tensors in a result: in arrays, maps and plain objects, not inside class instances. */
export function tensorsIn(result: unknown, found = new Set<Tensor>(), seen = new Set<unknown>()): Set<Tensor> {
  if (result instanceof Tensor) found.add(result);
  else if (isObject(result) && !seen.has(result)) {
    seen.add(result);
    if (Array.isArray(result)) for (const item of result) tensorsIn(item, found, seen);
    else if (result instanceof Map) for (const item of result.values()) tensorsIn(item, found, seen);
    else if ([Object.prototype, null].includes(Object.getPrototypeOf(result))) {
      for (const item of Object.values(result)) tensorsIn(item, found, seen);
    }
  }
  return found;
}

/** @throws {UsageError} if a callback was asynchronous: its scope would end before its work. */
export function refusePromise(result: unknown, who: string): void {
  if (!isObject(result) || typeof (result as { then?: unknown }).then !== 'function') return;
  Promise.resolve(result).catch(() => {}); // nobody else would hear of its failure
  throw new UsageError(`${who}: the callback returned a promise; await before it or after it, not inside`);
}

/**
 * Runs `fn` and frees the tensors it made, also when it throws; those in its result are kept and belong to the scope around it.
 *
 * @throws {UsageError} if `fn` returns a promise.
 */
export function tidy<T>(fn: () => T, who = 'tidy'): T {
  const outer = scope;
  const mine = new Scope();
  scope = mine;
  try {
    const result = fn();
    if (result instanceof Tensor) {
      if (ownerOf(result) === mine) give(result, outer);
    } else {
      refusePromise(result, who);
      for (const kept of tensorsIn(result)) if (ownerOf(kept) === mine) give(kept, outer);
    }
    return result;
  } finally {
    scope = outer;
    for (const made of mine.tensors) drop(made);
  }
}

/** Says what a tensor is, for a message. */
export const describe = (tensor: Tensor): string => showSpec(tensor);
