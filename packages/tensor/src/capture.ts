/**
 * A function of tensors whose kernel calls are recorded once and replayed: shape rules, tapes and handles cost as much as small
 * kernels do, and a training step is the same list of calls every time.
 */
import type { AnyBackend } from './backend.js';
import { UsageError } from './errors.js';
import type { Kernel } from './kernels.js';
import { currentLabel, type Label, underLabel } from './label.js';
import { currentRecorder, type RecordedKernel, type Recorder, recordedBy } from './recorder.js';
import { type Spec, showSpec } from './spec.js';
import { recording } from './tape.js';
import { Storage, Tensor, tidy, Value, valueIn } from './tensor.js';
import type { Variable } from './variable.js';

/** What {@link capture} gives: the function, replayed where that is possible. */
export interface Captured<I extends readonly Tensor[], R> {
  (...inputs: I): R;
  /** Why calls are not replayed; undefined before the first call and where they are. */
  readonly refusal: string | undefined;
}

/** A list of calls is kept for so many different shapes of the inputs. */
const PLANS = 8;

/**
 * Makes a function run from a list of its kernel calls: the first two calls for inputs of some shapes run it and compare their
 * lists, later ones run the list with the inputs and the variables' values of that time, to the same bits.
 *
 * The function must depend on nothing but its inputs and the variables: a number that it takes from elsewhere stays what it was
 * at the second call. What can be seen to break this is run as it is, and `refusal` says why: a function that reads numbers,
 * uploads some, draws random ones, changes a variable, uses a tensor from elsewhere, gives something else than tensors in
 * plain objects and lists, or does not do the same twice. So is a call inside `grad` or another captured function, and one whose
 * replay throws.
 *
 * @param fn - Such as a call of `grad`.
 * @param variables - All that it may read.
 * @throws {UsageError} if the variables are no list. Whatever `fn` throws.
 */
export function capture<I extends readonly Tensor[], R>(fn: (...inputs: I) => R, variables: readonly Variable[]): Captured<I, R> {
  if (!Array.isArray(variables)) throw new UsageError('capture: the variables must be a list');
  const plans = new Map<string, { readonly plan: Plan<R>; readonly confirmed: boolean }>();
  let refusal: string | undefined;

  const run = (...inputs: I): R => {
    if (refusal !== undefined || recording() || currentRecorder()) return fn(...inputs);
    const sources = [...inputs, ...variables.map(({ value }) => value)].map(tensor => valueIn(tensor, 'capture'));
    const backend = sources[0]?.storage.backend;
    // Inputs that share a buffer need not do so next time.
    if (!backend || new Set(sources.map(({ storage }) => storage)).size < sources.length) return fn(...inputs);
    const key = inputs.map(showSpec).join();
    const before = plans.get(key);
    const known = before?.plan.backend === backend ? before : undefined;
    if (known?.confirmed) {
      const replayed = known.plan.replay(sources);
      if (replayed) return replayed.result;
    }
    const recorder = new PlanRecorder<R>(backend, sources);
    const result = recordedBy(recorder, () => tidy(() => fn(...inputs), 'capture'));
    const plan = recorder.finish(result);
    if (plan && known && !same(plan, known.plan)) recorder.refuse('it does not do the same twice');
    refusal = recorder.refusal;
    if (plan && !before && plans.size === PLANS) plans.delete(plans.keys().next().value!);
    if (plan) plans.set(key, { plan, confirmed: known !== undefined });
    return result;
  };
  return Object.defineProperty(run, 'refusal', { get: () => refusal }) as Captured<I, R>;
}

/** A kernel call. Buffers are named by slots: first the sources, then what calls make, in their order. */
interface Call {
  readonly kernel: Kernel<unknown, unknown>;
  readonly inputs: readonly { readonly slot: number; readonly spec: Spec }[];
  readonly attrs: unknown;
  readonly specs: readonly Spec[];
  readonly reuse: readonly boolean[];
  /** The slot of its first output. */
  readonly first: number;
  /** The slots that no later call reads and the result does not hold. */
  readonly frees: number[];
  /** Which of the plan's labels it runs under. */
  readonly label: number;
}

/** Where a tensor of the result is. */
class Output {
  constructor(
    readonly slot: number,
    readonly spec: Spec,
  ) {}
}

/** The result's lists and objects, with outputs in the place of tensors. */
type Template = Output | undefined | null | readonly Template[] | { readonly [key: string]: Template };

const isObject = (x: unknown): x is object => typeof x === 'object' && x !== null;

/** Notes the calls of a run. */
class PlanRecorder<R> implements Recorder {
  refusal: string | undefined;
  readonly #slots = new Map<Storage, number>();
  readonly #calls: Call[] = [];
  readonly #labels: Label[] = [];
  #count: number;

  constructor(
    readonly backend: AnyBackend,
    readonly sources: readonly Value[],
  ) {
    sources.forEach(({ storage }, slot) => {
      this.#slots.set(storage, slot);
    });
    this.#count = sources.length;
  }

  refuse(why: string): void {
    this.refusal ??= why;
  }

  ran({ backend, kernel, inputs, attrs, outputs }: RecordedKernel<AnyBackend, Kernel<unknown, unknown>, Value>): void {
    if (backend !== this.backend) this.refuse('it uses two backends');
    const label = currentLabel();
    if (this.#labels.at(-1) !== label) this.#labels.push(label);
    const read = inputs.map(({ storage, spec }) => ({ slot: this.#slotOf(storage), spec }));
    const first = this.#count;
    for (const { storage } of outputs) this.#slots.set(storage, this.#count++);
    this.#calls.push({
      kernel,
      inputs: read,
      attrs,
      specs: outputs.map(({ spec }) => spec),
      reuse: inputs.map(() => false),
      first,
      frees: [],
      label: this.#labels.length - 1,
    });
  }

  #slotOf(storage: Storage): number {
    const slot = this.#slots.get(storage);
    if (slot === undefined) this.refuse('it uses a tensor that is neither an input, nor a variable of the list, nor its own');
    return slot ?? 0;
  }

  /** The plan, unless something speaks against it. */
  finish(result: R): Plan<R> | undefined {
    const kept = new Set<number>();
    const template = this.#templateOf(result, kept);
    if (this.refusal !== undefined) return undefined;
    const last = new Map<number, Call>();
    for (const call of this.#calls) {
      call.specs.forEach((_, i) => {
        last.set(call.first + i, call);
      });
      for (const { slot } of call.inputs) if (slot >= this.sources.length) last.set(slot, call);
    }
    for (const [slot, call] of last) if (!kept.has(slot)) call.frees.push(slot);
    const labels = this.#labels.map(({ path }) => path);
    return new Plan(this.backend, this.#calls, labels, template);
  }

  #templateOf(result: unknown, kept: Set<number>): Template {
    if (result === undefined || result === null) return result;
    if (result instanceof Tensor && !result.disposed) {
      const { storage, spec } = valueIn(result, 'capture');
      const slot = this.#slotOf(storage);
      kept.add(slot);
      return new Output(slot, spec);
    }
    if (Array.isArray(result)) return result.map(item => this.#templateOf(item, kept));
    if (isObject(result) && [Object.prototype, null].includes(Object.getPrototypeOf(result))) {
      return Object.fromEntries(Object.entries(result).map(([name, item]) => [name, this.#templateOf(item, kept)]));
    }
    this.refuse('its result holds something else than tensors');
    return undefined;
  }
}

/** Whether two plans, or parts of them, are equal through and through. */
function same(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b)) return Object.is(a, b);
  if (a === b) return true;
  const names = Object.keys(a) as (keyof typeof a)[];
  return names.length === Object.keys(b).length && names.every(name => name in b && same(a[name], b[name]));
}

/** What a function did, as a list of calls. */
class Plan<R> {
  constructor(
    readonly backend: AnyBackend,
    readonly calls: readonly Call[],
    readonly labels: readonly string[],
    readonly template: Template,
  ) {}

  /** The result; undefined if a kernel threw or declined, which it did not do when it was recorded. All it made is freed then. */
  replay(sources: readonly Value[]): { readonly result: R } | undefined {
    const { backend, calls } = this;
    const buffers: unknown[] = sources.map(({ storage }) => storage.buffer);
    const labels = this.labels.map((path): Label => ({ path }));
    const free = (slot: number): void => {
      if (buffers[slot] !== undefined) backend.free(buffers[slot]);
      buffers[slot] = undefined;
    };
    let done = false;
    try {
      for (const { kernel, inputs, attrs, specs, reuse, first, frees, label } of calls) {
        const views = inputs.map(({ slot, spec }) => ({ buffer: buffers[slot], shape: spec.shape, dtype: spec.dtype }));
        const made = underLabel(labels[label]!, () => kernel(views, attrs, specs, reuse));
        if (!made) return undefined;
        made.forEach((buffer, i) => {
          buffers[first + i] = buffer;
        });
        frees.forEach(free);
      }
      done = true;
    } catch {
      return undefined;
    } finally {
      if (!done) for (let slot = sources.length; slot < buffers.length; slot++) free(slot);
    }
    const storages = sources.map(({ storage }) => storage);
    const tensorAt = ({ slot, spec }: Output): Tensor => {
      storages[slot] ??= new Storage(backend, buffers[slot]);
      return new Tensor(new Value(storages[slot], spec));
    };
    return { result: fill(this.template, tensorAt) as R };
  }
}

/** The result in the form of a template. */
function fill(template: Template, tensorAt: (output: Output) => Tensor): unknown {
  if (template instanceof Output) return tensorAt(template);
  if (Array.isArray(template)) return template.map(item => fill(item, tensorAt));
  if (!template) return template;
  return Object.fromEntries(Object.entries(template).map(([name, item]) => [name, fill(item, tensorAt)]));
}
