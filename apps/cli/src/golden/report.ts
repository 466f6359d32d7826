/** What is printed of golden results. */
import type { GoldenDType } from './compare.js';
import type { GoldenResult } from './run.js';

/** A case and what is to be said of it. */
interface Remark {
  readonly name: string;
  readonly why: string;
}

/** The JSON line. */
export interface GoldenSummary {
  readonly cases: number;
  readonly passed: number;
  readonly skipped: readonly Remark[];
  readonly failed: readonly Remark[];
}

/** The results of one run in several dtypes: a case passes if it does in all of them. */
export function combine(runs: Readonly<Partial<Record<GoldenDType, readonly GoldenResult[]>>>): GoldenResult[] {
  const entries = Object.entries(runs);
  return entries[0]![1].map((result, i) => {
    const worst = Math.max(...entries.map(([, results]) => results[i]!.worst));
    const failure = entries.find(([, results]) => results[i]!.status === 'failed');
    if (!failure) return { ...result, worst };
    return { ...result, status: 'failed', why: `${failure[0]}: ${failure[1][i]!.why}`, worst };
  });
}

/** The results as one object; cases are called `suite/name`. */
export function summarise(results: readonly GoldenResult[]): GoldenSummary {
  const remarks = (status: GoldenResult['status']): Remark[] =>
    results.filter(result => result.status === status).map(({ suite, name, why = '' }) => ({ name: `${suite}/${name}`, why }));
  const [skipped, failed] = [remarks('skipped'), remarks('failed')];
  return { cases: results.length, passed: results.length - skipped.length - failed.length, skipped, failed };
}

/** The results as text: a line per suite, then what was skipped and what failed. */
export function table(results: readonly GoldenResult[]): string {
  const suites = [...new Set(results.map(({ suite }) => suite))];
  const rows = suites.map(suite => {
    const own = results.filter(result => result.suite === suite);
    const { cases, passed, skipped, failed } = summarise(own);
    const worst = Math.max(...own.map(result => result.worst));
    return [suite, cases, passed, skipped.length, failed.length, worst.toPrecision(2)].map(String);
  });
  const lines = [['suite', 'cases', 'passed', 'skipped', 'failed', 'error/tolerance'], ...rows];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map(line => line[column]!.length)));
  const { cases, passed, skipped, failed } = summarise(results);
  return [
    ...lines.map(line => line.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join('  ')),
    '',
    ...reasons(skipped).map(([why, names]) => `skipped, ${why}: ${names.join(', ')}`),
    ...failed.map(({ name, why }) => `FAILED ${name}: ${why}`),
    `${passed} of ${cases} cases passed, ${skipped.length} skipped, ${failed.length} failed`,
  ].join('\n');
}

/** The names that share a reason. */
function reasons(remarks: readonly Remark[]): [string, string[]][] {
  const names = new Map<string, string[]>();
  for (const { name, why } of remarks) names.set(why, [...(names.get(why) ?? []), name]);
  return [...names];
}
