/** Where a backend's time goes. */
import type { AnyBackend } from './backend.js';
import type { KernelCall } from './kernel-call.js';
import { currentLabel } from './label.js';
import { type ProfileReport, reportOf } from './profile-report.js';
import { type Trace, traceOf } from './profile-trace.js';
import { type AnyKernel, type KernelTable, withKernels } from './wrap.js';

/** What {@link profile} gives. */
export interface Profiler<T extends AnyBackend> {
  /** The backend to compute with: the given one, its kernels watched. */
  readonly backend: T;
  /** Whether calls are recorded. Set it to leave out warm-up, loading or evaluation; true at first. */
  recording: boolean;
  /** Sums of what was recorded, by op and by layer. */
  report(): ProfileReport;
  /** Each call that was recorded, for the viewers of Chrome (chrome://tracing) and Perfetto: `JSON.stringify` it into a file. */
  trace(): Trace;
  /** Forgets what was recorded. */
  reset(): void;
}

/**
 * Wraps a backend so that each call of a kernel is timed and counted. Results are the same bits. A few hundred bytes are kept of
 * each call until `reset()`, and no tensor's memory.
 *
 * On a backend that cannot be read at once a kernel returns before its work is done, and what is measured is the time to hand
 * the work over; the report says `synchronous: false` then and gives no FLOP/s and no bytes/s.
 *
 * @example
 * const profiler = profile(await cpu());
 * const net = initialise(model, { backend: profiler.backend, input: [1, 28, 28] });
 * net.apply(images);
 * console.log(formatProfile(profiler.report()));
 */
export function profile<T extends AnyBackend>(backend: T): Profiler<T> {
  const { name } = backend;
  const synchronous = backend.readSync !== undefined;
  let calls: KernelCall[] = [];
  let recording = true;
  // Milliseconds of recording before it was last turned on, and when that was.
  let before = 0;
  let since = performance.now();
  const wallMs = (): number => before + (recording ? performance.now() - since : 0);

  const watch =
    (op: string, kernel: AnyKernel): AnyKernel =>
    (inputs, attrs, outputs, reuse) => {
      if (!recording) return kernel(inputs, attrs, outputs, reuse);
      let outcome: KernelCall['outcome'] = 'failed';
      const start = performance.now();
      try {
        const buffers = kernel(inputs, attrs, outputs, reuse);
        outcome = buffers ? 'ran' : 'declined';
        return buffers;
      } finally {
        const end = performance.now();
        const specs = inputs.map(({ shape, dtype }) => ({ shape, dtype }));
        calls.push({ name: op, inputs: specs, attrs, outputs, label: currentLabel(), start, end, outcome });
      }
    };

  return {
    backend: withKernels(backend, watchedTable(backend.kernels as unknown as KernelTable, watch)),
    get recording() {
      return recording;
    },
    set recording(on) {
      before = wallMs();
      since = performance.now();
      recording = on;
    },
    report: () => reportOf(calls, { backend: name, synchronous, wallMs: wallMs() }),
    trace: () => traceOf(calls, { backend: name, synchronous }),
    reset() {
      calls = [];
      before = 0;
      since = performance.now();
    },
  };
}

/** The kernels, each watched. A table may also make them as they are asked for, as the shapes-only backend's does. */
function watchedTable(kernels: KernelTable, watch: (op: string, kernel: AnyKernel) => AnyKernel): KernelTable {
  const table: Record<string, AnyKernel | undefined> = Object.create(null);
  const find = (op: string): AnyKernel | undefined => {
    const kernel = kernels[op];
    if (kernel) table[op] ??= watch(op, kernel);
    return table[op];
  };
  for (const op of Object.keys(kernels)) find(op);
  return new Proxy(table, { get: (_, op) => (typeof op === 'string' ? find(op) : undefined) });
}
