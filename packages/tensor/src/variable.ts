import { ShapeError, UsageError } from './errors.js';
import { currentRecorder } from './recorder.js';
import { sameShape, showSpec } from './spec.js';
import { recording } from './tape.js';
import { type Cell, drop, give, ownerOf, type Tensor, valueIn } from './tensor.js';

/** A named cell that owns one tensor: a parameter, a running statistic or an optimizer's slot. */
export class Variable implements Cell {
  #tensor: Tensor;

  /**
   * @param name - How errors, files and reports call it, as `features/0/weight`.
   * @param initial - Its first tensor, which from now on belongs to it.
   */
  constructor(
    readonly name: string,
    initial: Tensor,
  ) {
    this.#take(initial);
    this.#tensor = initial;
  }

  /** @internal */
  get cell(): string {
    return `variable '${this.name}'`;
  }

  /** The tensor it holds now. It is the variable's: do not dispose it. */
  get value(): Tensor {
    return this.#tensor;
  }

  /**
   * Takes the tensor over and frees the old one.
   *
   * @throws {ShapeError} if shape, dtype or backend differ.
   * @throws {UsageError} inside `grad`, or if the tensor belongs to another variable.
   */
  assign(next: Tensor): void {
    this.refuseInsideGrad();
    currentRecorder()?.refuse('it changes a variable');
    if (next === this.#tensor) return;
    const held = this.#tensor;
    valueIn(next, this.cell);
    if (next.backend !== held.backend || next.dtype !== held.dtype || !sameShape(next.shape, held.shape)) {
      throw new ShapeError(
        `${this.cell} holds ${showSpec(held)} on '${held.backend.name}'; got ${showSpec(next)} on '${next.backend.name}'`,
      );
    }
    this.#take(next);
    drop(held);
    this.#tensor = next;
  }

  /** Frees its tensor; the variable is of no use afterwards. */
  dispose(): void {
    drop(this.#tensor);
  }

  /** @internal Assigning would silently cut the gradient of what comes after, and could not be undone if the callback threw. */
  refuseInsideGrad(): void {
    if (recording()) throw new UsageError(`${this.cell} cannot change inside grad; return the tensor and assign it afterwards`);
  }

  #take(tensor: Tensor): void {
    valueIn(tensor, this.cell);
    const owner = ownerOf(tensor);
    if (owner && 'cell' in owner) throw new UsageError(`${this.cell}: the tensor belongs to ${owner.cell}`);
    give(tensor, this);
  }
}
