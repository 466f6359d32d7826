/** Tapes record which op made which value, so that a backward pass can walk back from a loss. */
import { currentLabel, underLabel } from './label.js';
import type { Op, Saved } from './op.js';
import type { Value } from './tensor.js';

/** One run of an op, shared by all tapes that recorded it; it keeps the buffers its gradient reads until the last of them lets go. */
export class Entry {
  tapes = 0;
  /** The part that it was run in, which its gradient counts as. */
  readonly label = currentLabel();
  readonly #saves: readonly Saved[];

  constructor(
    readonly op: Op<unknown>,
    readonly inputs: readonly Value[],
    readonly outputs: readonly Value[],
    readonly attrs: unknown,
  ) {
    this.#saves = op.saves ?? (op.vjp ? ['inputs', 'outputs'] : ['inputs']);
    inputs.forEach((value, i) => {
      if (this.saves('inputs', i)) value.storage.count++;
    });
    outputs.forEach((value, i) => {
      if (this.saves('outputs', i)) value.storage.count++;
    });
  }

  /** Whether the gradient rule reads the numbers of this input or output. */
  saves(side: 'inputs' | 'outputs', index: number): boolean {
    return this.#saves.includes(side) || this.#saves.includes(`${side}.${index}`);
  }

  release(): void {
    if (--this.tapes > 0) return;
    this.inputs.forEach((value, i) => {
      if (this.saves('inputs', i)) value.storage.release();
    });
    this.outputs.forEach((value, i) => {
      if (this.saves('outputs', i)) value.storage.release();
    });
  }
}

let open: readonly Tape[] = [];

/** The runs that lead from `active` values to others, oldest first. */
export class Tape {
  readonly active: Set<Value>;
  readonly #entries: Entry[] = [];

  constructor(sources: readonly Value[]) {
    this.active = new Set(sources);
  }

  /** Runs `fn` with this tape open beside those that are. */
  record<T>(fn: () => T): T {
    return withTapes([...open, this], fn);
  }

  push(entry: Entry): void {
    entry.tapes++;
    this.#entries.push(entry);
    for (const value of entry.outputs) this.active.add(value);
  }

  /** Hands the entries out, newest first, and lets each go afterwards; the rest too if `visit` throws. */
  unwind(visit: (entry: Entry) => void): void {
    try {
      for (let entry = this.#entries.at(-1); entry; entry = this.#entries.at(-1)) {
        underLabel(entry.label, () => visit(entry));
        this.#entries.pop();
        entry.release();
      }
    } finally {
      this.close();
    }
  }

  close(): void {
    for (const entry of this.#entries.splice(0)) entry.release();
  }
}

function withTapes<T>(tapes: readonly Tape[], fn: () => T): T {
  const before = open;
  open = tapes;
  try {
    return fn();
  } finally {
    open = before;
  }
}

/** Whether a `grad` is under way. */
export const recording = (): boolean => open.length > 0;

/** Runs `fn` with no tape open. */
export const untaped = <T>(fn: () => T): T => withTapes([], fn);

/** Puts a run on each open tape where one of its inputs leads from a variable of that tape. */
export function record<A>(op: Op<A>, inputs: readonly Value[], outputs: readonly Value[], attrs: A): void {
  if (open.length === 0 || op.vjp === null) return;
  let entry: Entry | undefined;
  for (const tape of open) {
    if (inputs.some(value => tape.active.has(value))) {
      entry ??= new Entry(op as Op<unknown>, inputs, outputs, attrs);
      tape.push(entry);
    }
  }
}
