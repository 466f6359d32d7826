/** What rows should give: float64 on the plain TypeScript kernels, every composite as its composition. */
import { cpuReference } from '@cnn/backend-cpu';
import type { OpCase } from './op-table/op-case.js';
import { type Quantity, type Result, resultsOn } from './results.js';

/** Computes each number once. */
export class Oracle {
  readonly #backend = cpuReference();
  readonly #known = new WeakMap<OpCase, Partial<Record<Quantity, Promise<Result[]>>>>();

  /** What a row should give. */
  expected(quantity: Quantity, opCase: OpCase): Promise<Result[]> {
    const known = this.#known.get(opCase) ?? {};
    this.#known.set(opCase, known);
    known[quantity] ??= resultsOn(this.#backend, quantity, opCase, 'float64');
    return known[quantity];
  }
}

/** The ops that every backend must have a kernel for. */
export const primitiveNames: readonly string[] = Object.keys(cpuReference().kernels);
