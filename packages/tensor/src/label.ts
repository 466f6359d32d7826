/** Labels say which part of a computation runs, so that a profiler can tell whose time it takes. */
import { refusePromise } from './tensor.js';

/** One run of a named part; a second run of the same part has a label of its own. */
export interface Label {
  /** As `block1.conv`; empty outside all parts. */
  readonly path: string;
}

const outside: Label = { path: '' };
let current = outside;

/** The part that runs now. */
export const currentLabel = (): Label => current;

/**
 * Runs `fn` as a named part of a computation. What `grad` later does for the gradients of its ops counts as this part, too.
 * Parts nest: `b` inside `a` is `a.b`.
 *
 * @throws {UsageError} if `fn` returns a promise.
 */
export function withLabel<T>(name: string, fn: () => T): T {
  const result = underLabel({ path: current === outside ? name : `${current.path}.${name}` }, fn);
  refusePromise(result, 'withLabel');
  return result;
}

/** Runs `fn` under a label that was met before. */
export function underLabel<T>(label: Label, fn: () => T): T {
  const before = current;
  current = label;
  try {
    return fn();
  } finally {
    current = before;
  }
}
