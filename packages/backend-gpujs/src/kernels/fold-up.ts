import type { Launch, Ref } from '../program.js';
import { isNumber } from './not-a-number.js';

/** How the numbers of a group become one. */
export interface Combination {
  /** What no number gives, as code. */
  readonly start: string;
  /** Statements that take `v` into `s`. */
  readonly take: string;
}

const extreme = (beats: string): string =>
  `${isNumber('vn', 'v')}\n${isNumber('sn', 's')}\nif (vn === 0 || (v ${beats} s && sn === 1)) { s = v; }`;

/** Sums. */
export const total: Combination = { start: '0', take: 's += v;' };
/** The largest; NaN stays. */
export const largest: Combination = { start: '-infinity', take: extreme('>') };
/** The smallest; NaN stays. */
export const smallest: Combination = { start: 'infinity', take: extreme('<') };

/** As many loads as one thread does in a row before a group is cut into parts that run side by side. */
const LONG = 512;
/** As many partial results as pay. */
const MANY = 2 ** 20;

/**
 * Combines `count` numbers for each of `size` results. `number` gives statements that set `v` for result `g` and number `n`, each of
 * about `work` loads. Long groups are combined in parts and the parts then, which also rounds less.
 */
export function foldUp(
  launch: Launch,
  { start, take }: Combination,
  { size, count, work = 1 }: { readonly size: number; readonly count: number; readonly work?: number },
  arrays: Readonly<Record<string, Ref>>,
  number: string,
): Ref {
  const parts = Math.max(1, Math.min(Math.ceil(Math.sqrt((count * work) / LONG) * 4), count, Math.floor(MANY / size)));
  if (parts === 1 || count * work <= LONG) {
    return launch(
      size,
      arrays,
      `const g = t;\nlet s = ${start};\nfor (let n = 0; n < ${count}; n++) {\n${number}\n${take}\n}\nreturn s;`,
    );
  }
  const each = Math.ceil(count / parts);
  const partial = launch(
    size * parts,
    arrays,
    `const g = Math.floor((t + 0.5) / ${parts});
const from = (t - g * ${parts}) * ${each};
let s = ${start};
for (let b = 0; b < ${each}; b++) {
const n = from + b;
if (n < ${count}) {
${number}
${take}
}
}
return s;`,
  );
  return launch(
    size,
    { x: partial },
    `let s = ${start};\nfor (let b = 0; b < ${parts}; b++) {\nconst v = x[t * ${parts} + b];\n${take}\n}\nreturn s;`,
  );
}
