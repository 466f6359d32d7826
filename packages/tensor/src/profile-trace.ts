/** A profile as a trace, each call in its place in time. */
import { type KernelCall, workOf } from './kernel-call.js';
import { showSpec } from './spec.js';

/** An event of a {@link Trace}. */
export interface TraceEvent {
  readonly name: string;
  /** `X` is something with a start and a duration, `M` says what a process or thread is called. */
  readonly ph: 'X' | 'M';
  readonly cat?: 'kernel' | 'layer';
  /** When it began, in microseconds from the first call. */
  readonly ts: number;
  /** How long it took, in microseconds. */
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: Readonly<Record<string, unknown>>;
}

/** A trace in the Trace Event Format (Google, 2016), which Chrome's and Perfetto's viewers open. */
export interface Trace {
  readonly traceEvents: readonly TraceEvent[];
  readonly displayTimeUnit: 'ms';
  readonly otherData: Readonly<Record<string, unknown>>;
}

const place = { pid: 1, tid: 1 };

/** The calls as events, and around them the runs of layers as events, too. */
export function traceOf(calls: readonly KernelCall[], facts: { readonly backend: string; readonly synchronous: boolean }): Trace {
  const origin = calls[0]?.start ?? 0;
  // Whole nanoseconds, so that what ends together does so to the last digit.
  const nanoseconds = (ms: number): number => Math.round((ms - origin) * 1e6);
  const span = (name: string, cat: 'kernel' | 'layer', start: number, end: number, args: TraceEvent['args']): TraceEvent => {
    const ns = nanoseconds(start);
    return { name, ph: 'X', cat, ts: ns / 1000, dur: (nanoseconds(end) - ns) / 1000, ...place, args };
  };
  const kernels = calls.map(call =>
    span(call.name, 'kernel', call.start, call.end, {
      layer: call.label.path,
      outcome: call.outcome,
      inputs: call.inputs.map(showSpec),
      outputs: call.outputs.map(showSpec),
      ...workOf(call),
    }),
  );
  const layers = runsOf(calls).map(run => span(run[0]!.label.path, 'layer', run[0]!.start, run.at(-1)!.end, {}));
  const title = facts.synchronous ? 'kernels' : 'kernels being handed over';
  return {
    traceEvents: [
      { name: 'process_name', ph: 'M', ts: 0, ...place, args: { name: `cnn on ${facts.backend}` } },
      { name: 'thread_name', ph: 'M', ts: 0, ...place, args: { name: title } },
      // An event comes before those inside it.
      ...[...layers, ...kernels].sort((a, b) => a.ts - b.ts || b.dur! - a.dur!),
    ],
    displayTimeUnit: 'ms',
    otherData: facts,
  };
}

/** Calls that follow each other in one run of a layer; its forward and its backward pass apart, where something is between them. */
function runsOf(calls: readonly KernelCall[]): KernelCall[][] {
  const runs: KernelCall[][] = [];
  for (const call of calls) {
    const last = runs.at(-1);
    if (last?.[0]?.label === call.label) last.push(call);
    else runs.push([call]);
  }
  return runs.filter(([first]) => first!.label.path !== '');
}
