/** A profile as sums: by op, and by layer. */
import { type KernelCall, type Work, workOf } from './kernel-call.js';

/** The calls of one op, of one layer, or of one op in one layer. */
export interface ProfileRow extends Work {
  /** The op, as `conv2dWeightGrad`, or the layer's path, as `block1.conv`; a parameter's name for its optimizer step, empty outside layers. */
  readonly name: string;
  /** Calls of kernels that ran. */
  readonly calls: number;
  /** Calls of kernels that left the op to its composition, whose parts are in rows of their own. */
  readonly declined: number;
  /** Calls that threw. */
  readonly failed: number;
  /** Milliseconds in all these calls. */
  readonly ms: number;
  /** `ms` as a share of the time in all kernels, in [0, 1]. */
  readonly share: number;
  /** By the op's formula, so that an algorithm with fewer operations, as Winograd's, gets more than the machine can; null where not known. */
  readonly gflopsPerSecond: number | null;
  /** Inputs and outputs, each counted once, by time, in 10⁹ bytes; null where not known. */
  readonly gigabytesPerSecond: number | null;
}

/** The calls of one layer, forward, backward or both. */
export interface LayerProfile extends ProfileRow {
  readonly ops: readonly ProfileRow[];
}

/** What a profiler recorded. All rows begin with the slowest. */
export interface ProfileReport {
  readonly backend: string;
  /** Whether a kernel's work is done when it returns. If not, the times are those of handing work over. */
  readonly synchronous: boolean;
  /** Milliseconds while calls were recorded, in kernels and outside, the profiler's own among them. */
  readonly wallMs: number;
  /** Milliseconds in kernels. */
  readonly kernelMs: number;
  readonly calls: number;
  readonly ops: readonly ProfileRow[];
  readonly layers: readonly LayerProfile[];
}

/** Adds up what was recorded. */
export function reportOf(
  calls: readonly KernelCall[],
  facts: Pick<ProfileReport, 'backend' | 'synchronous' | 'wallMs'>,
): ProfileReport {
  const kernelMs = timeOf(calls);
  const rowsBy = (of: readonly KernelCall[], nameOf: (call: KernelCall) => string) =>
    [...groupBy(of, nameOf)]
      .map(([name, group]) => ({ group, row: rowOf(name, group, kernelMs, facts.synchronous) }))
      .sort((a, b) => b.row.ms - a.row.ms);
  const byOp = (of: readonly KernelCall[]): ProfileRow[] => rowsBy(of, call => call.name).map(({ row }) => row);
  return {
    ...facts,
    kernelMs,
    calls: calls.filter(({ outcome }) => outcome === 'ran').length,
    ops: byOp(calls),
    layers: rowsBy(calls, call => call.label.path).map(({ row, group }) => ({ ...row, ops: byOp(group) })),
  };
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

const timeOf = (calls: readonly KernelCall[]): number => calls.reduce((total, { start, end }) => total + end - start, 0);

function rowOf(name: string, calls: readonly KernelCall[], kernelMs: number, synchronous: boolean): ProfileRow {
  const count = (outcome: KernelCall['outcome']): number => calls.filter(call => call.outcome === outcome).length;
  const work = calls.map(workOf).reduce((a, b) => ({
    flops: a.flops === null || b.flops === null ? null : a.flops + b.flops,
    bytesRead: a.bytesRead + b.bytesRead,
    bytesWritten: a.bytesWritten + b.bytesWritten,
  }));
  const ms = timeOf(calls);
  // A coarse clock, as browsers have it, may see no time at all.
  const billionsPerSecond = (amount: number | null): number | null =>
    synchronous && amount !== null && ms > 0 ? amount / ms / 1e6 : null;
  return {
    name,
    calls: count('ran'),
    declined: count('declined'),
    failed: count('failed'),
    ms,
    share: kernelMs > 0 ? ms / kernelMs : 0,
    ...work,
    gflopsPerSecond: billionsPerSecond(work.flops),
    gigabytesPerSecond: billionsPerSecond(work.bytesRead + work.bytesWritten),
  };
}

/** Layers with less than this share of the time become one line. */
const smallShare = 0.005;

/** A report as text: a table of ops, and one of layers with their ops. */
export function formatProfile({ backend, synchronous, wallMs, kernelMs, calls, ops, layers }: ProfileReport): string {
  const percent = wallMs > 0 ? ` (${((100 * kernelMs) / wallMs).toFixed(1)} %)` : '';
  const shown = layers.filter(({ share }) => share >= smallShare);
  const rest = layers.slice(shown.length);
  const lines = [
    `${backend}: ${wallMs.toFixed(1)} ms, of which ${kernelMs.toFixed(1)} ms${percent} in ${calls} calls of kernels`,
    ...(synchronous
      ? []
      : ['The backend works later: times are those of handing work over, and say nothing of the work itself.']),
    '',
    ...table('op', ops.map(cellsOf)),
    '',
    ...table(
      'layer',
      shown.flatMap(layer => [
        cellsOf({ ...layer, name: layer.name || '(outside layers)' }),
        ...layer.ops.map(op => cellsOf({ ...op, name: `  ${op.name}` })),
      ]),
    ),
  ];
  if (rest.length > 0) {
    const share = rest.reduce((total, layer) => total + layer.share, 0);
    lines.push(`${rest.length} more with ${(100 * share).toFixed(1)} % together`);
  }
  return lines.join('\n');
}

const cellsOf = ({ name, calls, declined, ms, share, gflopsPerSecond, gigabytesPerSecond }: ProfileRow): string[] => [
  name,
  String(calls),
  String(declined),
  ms.toFixed(2),
  (100 * share).toFixed(1),
  gflopsPerSecond?.toFixed(2) ?? '-',
  gigabytesPerSecond?.toFixed(2) ?? '-',
];

function table(first: string, rows: readonly (readonly string[])[]): string[] {
  const all = [[first, 'calls', 'declined', 'ms', '%', 'GFLOP/s', 'GB/s'], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map(row => row[column]!.length)));
  const [head, ...lines] = all.map(row =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  );
  return [head!, '-'.repeat(head!.length), ...lines];
}
