import type { AnyBackend } from '@cnn/tensor';
import { type Check, type ConformanceOptions, checksFor, observe, watched } from './checks.js';
import { primitiveNames } from './oracle.js';
import { forward } from './properties/forward.js';
import { gradient } from './properties/gradient.js';
import type { Quantity } from './results.js';
import { checkDispose, disposeRule } from './rules/dispose.js';
import { rules } from './rules/index.js';
import { lateFailures } from './rules/late-failures.js';
import type { CreateBackend } from './rules/rule.js';

/**
 * How an op fares: `pass`; `fallback` where the numbers are right but the backend has no kernel for an op that may have one, so that
 * its composition ran; `fail`; and `none` where there is nothing to check, as no gradient of logic, or a dtype that the backend lacks.
 */
export type Status = 'pass' | 'fallback' | 'fail' | 'none';

/** One op in a report. */
export interface ReportRow {
  /** The function of `ops`, or the name of a step op. */
  readonly op: string;
  readonly forward: Status;
  readonly gradient: Status;
  /** The ops whose compositions ran for want of a kernel. */
  readonly fallbacks: readonly string[];
  /** What failed, with the row of the op table, the property and the dtype. */
  readonly failures: readonly string[];
}

/** One rule in a report, for the backend as a whole. */
export interface RuleRow {
  readonly rule: string;
  readonly status: 'pass' | 'fail';
  readonly failure?: string;
}

/** What {@link report} gives. */
export interface Report {
  /** The backend's name. */
  readonly backend: string;
  /** Whether nothing failed. */
  readonly passed: boolean;
  readonly rows: readonly ReportRow[];
  readonly rules: readonly RuleRow[];
}

/**
 * Checks a backend against the whole table and says how each op fares; it needs no test runner. Each backend that it makes is disposed.
 * With `only`, the rules for the backend as a whole are left out.
 *
 * @throws {OptionError} for an unknown or impossible option. What the backend throws is a failure in the report.
 */
export async function report(createBackend: CreateBackend, options: ConformanceOptions = {}): Promise<Report> {
  const checks = checksFor('report', options);
  const backend = await createBackend();
  const { name } = backend;
  const rows: ReportRow[] = [];
  for (const [op, own] of byOp(checks)) rows.push(await rowOf(op, own, backend));
  const ruleRows = options.only ? [] : await ruleRowsOf(backend, createBackend, options.failing);
  await backend.dispose();
  const passed = rows.every(({ failures }) => failures.length === 0) && ruleRows.every(({ status }) => status === 'pass');
  return { backend: name, passed, rows, rules: ruleRows };
}

function byOp(checks: readonly Check[]): Map<string, Check[]> {
  const groups = new Map<string, Check[]>();
  for (const check of checks) groups.set(check.opCase.op, [...(groups.get(check.opCase.op) ?? []), check]);
  return groups;
}

/** What is found of one column of a row. */
class Column {
  status: Status = 'none';
  readonly #wanted = new Set<string>();
  readonly #ran = new Set<string>();

  add(failure: string | undefined): void {
    if (failure !== undefined) this.status = 'fail';
    else if (this.status === 'none') this.status = 'pass';
  }

  /** The kernels that a run might have used, and those that it did use. */
  note(wanted: ReadonlySet<string>, ran: ReadonlySet<string>): void {
    for (const kernel of wanted) if (!primitiveNames.includes(kernel)) this.#wanted.add(kernel);
    for (const kernel of ran) this.#ran.add(kernel);
  }

  /** The composites of which no run found a kernel. */
  get fallbacks(): string[] {
    return [...this.#wanted].filter(kernel => !this.#ran.has(kernel));
  }

  get verdict(): Status {
    return this.status === 'pass' && this.fallbacks.length > 0 ? 'fallback' : this.status;
  }
}

/** The properties whose runs tell which kernels there are. */
const telling: Readonly<Record<string, Quantity>> = { [forward.name]: 'outputs', [gradient.name]: 'gradients' };

async function rowOf(op: string, checks: readonly Check[], backend: AnyBackend): Promise<ReportRow> {
  const failures: string[] = [];
  const columns = { forward: new Column(), gradient: new Column() };
  for (const check of checks) {
    const { opCase, property } = check;
    const column = columns[property.part];
    // A backend counts by its first float dtype: kernels for another are rare.
    for (const [i, dtype] of check.dtypes(backend).entries()) {
      const failure = await failureOf(async () => {
        const ran = await check.run(backend, dtype);
        const quantity = telling[property.name];
        if (i === 0 && quantity) column.note(observe(opCase, dtype, quantity).kernels, ran);
      });
      column.add(failure);
      if (failure !== undefined) failures.push(`${opCase.name}, ${property.name}, ${dtype}: ${failure}`);
    }
  }
  const fallbacks = [...new Set([columns.forward, columns.gradient].flatMap(column => column.fallbacks))];
  return { op, forward: columns.forward.verdict, gradient: columns.gradient.verdict, fallbacks, failures };
}

async function ruleRowsOf(
  backend: AnyBackend,
  createBackend: CreateBackend,
  failing: CreateBackend | undefined,
): Promise<RuleRow[]> {
  const run = async (rule: string, check: () => Promise<unknown>): Promise<RuleRow> => {
    const failure = await failureOf(check);
    return failure === undefined ? { rule, status: 'pass' } : { rule, status: 'fail', failure };
  };
  const rows: RuleRow[] = [];
  for (const rule of rules) rows.push(await run(rule.name, () => watched(backend, own => rule.check(own))));
  if (failing) {
    const broken = await failing();
    rows.push(await run(lateFailures.name, () => watched(broken, own => lateFailures.check(own))));
    await broken.dispose();
  }
  rows.push(await run(disposeRule, async () => checkDispose(await createBackend())));
  return rows;
}

/** The message of what is thrown. */
async function failureOf(run: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A report as text: a line for each op and rule, then what failed and what ran as its composition. */
export function formatReport({ backend, rows, rules: ruleRows }: Report): string {
  const lines = [['op', 'forward', 'gradient'], ...rows.map(({ op, forward, gradient }) => [op, forward, gradient])];
  const widths = [0, 1, 2].map(column => Math.max(...lines.map(line => line[column]!.length)));
  const fallbacks = [...new Set(rows.flatMap(row => row.fallbacks))];
  const failures = [
    ...rows.flatMap(row => row.failures),
    ...ruleRows.flatMap(({ rule, failure }) => (failure === undefined ? [] : [`${rule}: ${failure}`])),
  ];
  const failed = rows.filter(row => row.failures.length > 0).length + ruleRows.filter(({ status }) => status === 'fail').length;
  return [
    ...lines.map(line =>
      line
        .map((text, i) => text.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    ),
    '',
    ...ruleRows.map(({ rule, status }) => `${status}: ${rule}`),
    ...failures.map(failure => `FAILED ${failure}`),
    ...(fallbacks.length > 0 ? [`no kernels, so composed of others: ${fallbacks.join(', ')}`] : []),
    `${backend}: ${rows.length} ops and ${ruleRows.length} rules, ${failed} failed`,
  ].join('\n');
}
