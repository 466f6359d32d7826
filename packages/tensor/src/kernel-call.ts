/** What a profiler keeps of each call of a kernel. */
import { flopsOf } from './costs.js';
import type { Label } from './label.js';
import type { ObservedOp } from './shapes-backend.js';
import { byteLengthOf, type Spec } from './spec.js';

/** One call of a kernel, without the buffers. */
export interface KernelCall extends ObservedOp {
  /** The run of a layer, or of what else `withLabel` named, that it belongs to. */
  readonly label: Label;
  /** Milliseconds on the clock of `performance.now()`. */
  readonly start: number;
  readonly end: number;
  /** A kernel that declined left the op to its composition, whose parts are calls of their own; one that failed threw. */
  readonly outcome: 'ran' | 'declined' | 'failed';
}

/** How much work a call was. */
export interface Work {
  /** By the op's formula; null for an op whose cost is not known. */
  readonly flops: number | null;
  /** The bytes of all inputs. */
  readonly bytesRead: number;
  /** The bytes of all outputs. */
  readonly bytesWritten: number;
}

const bytesOf = (specs: readonly Spec[]): number => specs.reduce((total, spec) => total + byteLengthOf(spec), 0);

/** The work of a call; a kernel that declined or failed did none. */
export function workOf(call: KernelCall): Work {
  if (call.outcome !== 'ran') return { flops: 0, bytesRead: 0, bytesWritten: 0 };
  return { flops: flopsOf(call) ?? null, bytesRead: bytesOf(call.inputs), bytesWritten: bytesOf(call.outputs) };
}
