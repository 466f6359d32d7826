/** Reverse-mode gradients. The backward pass runs through `apply` too, so an outer `grad` can differentiate it again. */
import { ShapeError, UsageError } from './errors.js';
import { add } from './ops/binary.js';
import { fill } from './ops/create.js';
import { reshape } from './ops/shape.js';
import { isFloat, sameShape, showSpec } from './spec.js';
import { type Entry, Tape } from './tape.js';
import { alias, ghost, refusePromise, Tensor, tidy, type Value, valueIn } from './tensor.js';
import { Variable } from './variable.js';

/** What the callback of {@link grad} gets. */
export interface GradContext {
  /**
   * Hands out the next value of something that is not trained, such as a running mean. It comes back in `updates`; whoever
   * called `grad` assigns it, once, after the step.
   *
   * @throws {UsageError} for a second update of one name.
   */
  update(name: string, next: Tensor): void;
}

type Loss = Tensor | { readonly loss: Tensor };
type Auxiliary<R> = R extends Tensor ? Record<never, never> : Omit<R, 'loss'>;

/** What {@link grad} gives. */
export interface Gradients<R> {
  readonly loss: Tensor;
  /** What the callback returned beside the loss. */
  readonly aux: Auxiliary<R>;
  /** One per variable, in their order; zeros for one that the loss does not depend on. */
  readonly grads: Tensor[];
  /** What was handed to `update`. */
  readonly updates: Readonly<Record<string, Tensor>>;
}

/**
 * The gradients of a loss for some variables. `fn` is run once, and is the scope and the tape: what it made and did not return
 * is freed. Calls may be nested, which gives higher derivatives.
 *
 * @param fn - Returns a scalar loss, or `{ loss, ...aux }`.
 * @throws {ShapeError} if the loss is not a float scalar. @throws {UsageError} if `fn` returns a promise or assigns a variable.
 */
export function grad<R extends Loss>(fn: (context: GradContext) => R, variables: readonly (Tensor | Variable)[]): Gradients<R> {
  if (!Array.isArray(variables)) throw new UsageError('grad: the variables must be a list');
  const sources = variables.map(variable => valueIn(variable instanceof Variable ? variable.value : variable, 'grad'));
  const tape = new Tape(sources);
  return tidy(() => {
    try {
      const { loss, aux, updates } = tape.record(() => forward(fn));
      const seeds = new Map([[valueIn(loss, 'grad'), fill(loss.backend, [], 1, loss.dtype)]]);
      const found = backward(tape, seeds, sources);
      const grads = found.map((gradient, i) => {
        const { storage, spec } = sources[i]!;
        return gradient ?? fill(storage.backend, spec.shape, 0, spec.dtype);
      });
      return { loss, aux, grads, updates };
    } finally {
      tape.close();
    }
  }, 'grad');
}

interface Forward<R> {
  readonly loss: Tensor;
  readonly aux: Auxiliary<R>;
  readonly updates: Record<string, Tensor>;
}

/** Runs the callback in a scope of its own, so that the backward pass starts with only what the tapes keep. */
function forward<R extends Loss>(fn: (context: GradContext) => R): Forward<R> {
  // Kept by their buffers: an update may come from within a tidy, whose end would drop a handle.
  const kept = new Map<string, Value>();
  try {
    return tidy(() => {
      const result = fn({
        update(name, next) {
          if (kept.has(name)) throw new UsageError(`grad: two updates of '${name}' in one step`);
          const value = valueIn(next, `grad, the update of '${name}'`);
          value.storage.count++;
          kept.set(name, value);
        },
      });
      refusePromise(result, 'grad');
      // `?? {}` is for callers without types, who may forget to return the loss.
      const { loss, ...aux } = result instanceof Tensor ? { loss: result } : ((result ?? {}) as Exclude<R, Tensor>);
      const { spec } = valueIn(loss, 'grad, the loss');
      if (spec.shape.length > 0 || !isFloat(spec.dtype)) {
        throw new ShapeError(`grad: the loss is ${showSpec(spec)}, not a float scalar; use sum or mean`);
      }
      const updates = Object.fromEntries([...kept].map(([name, value]) => [name, new Tensor(value)]));
      return { loss: alias(loss), aux: aux as Auxiliary<R>, updates };
    }, 'grad');
  } finally {
    for (const { storage } of kept.values()) storage.release();
  }
}

/** Pulls the seeds back through the tape and empties it. Gives one fresh handle per source, or undefined where nothing flows. */
// #region backward
function backward(tape: Tape, seeds: Map<Value, Tensor>, sources: readonly Value[]): (Tensor | undefined)[] {
  const wanted = new Set(sources);
  tape.unwind(entry => {
    const dy = entry.outputs.map(value => seeds.get(value));
    if (dy.every(d => d === undefined)) return;
    const dx = tidy(() => pull(entry, dy, tape.active), `gradient of ${entry.op.name}`);
    entry.outputs.forEach((value, i) => {
      if (wanted.has(value)) return;
      seeds.delete(value);
      dy[i]?.dispose();
    });
    entry.inputs.forEach((value, i) => {
      if (dx[i]) accumulate(seeds, value, dx[i]);
    });
  });
  return sources.map(value => {
    const found = seeds.get(value);
    return found && alias(found);
  });
}
// #endregion backward

// #region accumulate
function accumulate(seeds: Map<Value, Tensor>, value: Value, gradient: Tensor): void {
  const before = seeds.get(value);
  seeds.set(value, before ? add(before, gradient) : gradient);
  if (before) {
    before.dispose();
    gradient.dispose();
  }
}
// #endregion accumulate

/** The gradients of one entry's inputs, as handles of their own: a rule may give dy back, twice even. */
function pull(entry: Entry, dy: readonly (Tensor | undefined)[], active: ReadonlySet<Value>): (Tensor | undefined)[] {
  const { op, attrs } = entry;
  const wanted = entry.inputs.map(value => active.has(value));
  const inputs = entry.inputs.map((value, i) => (entry.saves('inputs', i) ? new Tensor(value) : ghost(value, op.name)));
  const outputs = op.vjp
    ? entry.outputs.map((value, i) => (entry.saves('outputs', i) ? new Tensor(value) : ghost(value, op.name)))
    : [];
  const dx = op.vjp ? op.vjp(dy, { inputs, outputs, attrs, wanted }) : throughCompose(entry, inputs, dy);
  return inputs.map((input, i) => {
    const gradient = dx[i];
    if (!gradient || !wanted[i]) return undefined;
    if (!sameShape(gradient.shape, input.shape) || gradient.dtype !== input.dtype) {
      throw new ShapeError(`gradient of ${op.name}: input ${i} is ${showSpec(input)}, its gradient ${showSpec(gradient)}`);
    }
    return alias(gradient);
  });
}

/** Runs the composition again on recorded views, which tell equal inputs apart and join this run to the outer tapes. */
function throughCompose(
  { op, attrs }: Entry,
  inputs: readonly Tensor[],
  dy: readonly (Tensor | undefined)[],
): (Tensor | undefined)[] {
  const views = inputs.map(input => reshape(input, input.shape));
  const sources = views.map(view => valueIn(view, op.name));
  const tape = new Tape(sources);
  try {
    const seeds = new Map<Value, Tensor>();
    const outputs = tape.record(() => op.compose!(views, attrs));
    outputs.forEach((output, i) => {
      const d = dy[i];
      if (d) accumulate(seeds, valueIn(output, op.name), alias(d));
    });
    return backward(tape, seeds, sources);
  } finally {
    tape.close();
  }
}
