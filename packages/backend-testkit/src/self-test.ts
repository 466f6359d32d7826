import type { AnyBackend } from '@cnn/tensor';
import { checksFor, watched } from './checks.js';
import { rules } from './rules/index.js';

/** What {@link selfTest} gives. */
export interface SelfTest {
  readonly passed: boolean;
  /** The op, or the rule, and what is wrong with it. */
  readonly failures: readonly { readonly op: string; readonly message: string }[];
}

/** Rows that say much: a driver's arithmetic, its indices and bounds, and every op of a training step. */
const ROWS = [
  ...['exp', 'tanh', 'sigmoid', 'erf', 'add: both ways', 'mul: both ways', 'div: both ways', 'where: both ways'],
  ...[
    'sum: the first and last axes, kept',
    'max: the last axis',
    'argMax: int32',
    'cumsum: exclusive and reverse',
    'sort: int32 with ties',
  ],
  ...[
    'matmul: aT bT',
    'linear: bias and relu',
    'permute: negative axes',
    'slice: backwards by two',
    'pad: a value',
    'concat: the last axis',
  ],
  ...['gather: the last axis', 'scatterAdd: the last axis', 'unfold: stride, padding', 'fold: stride, padding'],
  ...[
    'conv2d: stride, padding and dilation',
    'conv2d: groups',
    'maxPool2d: ceil mode with padding',
    'avgPool2d: ceil mode with padding',
  ],
  ...[
    'softmax: the middle axis',
    'softmaxCrossEntropy: labels, smoothed',
    'sgdStep: Nesterov',
    'adamStep: a later step',
    'cast: float to int32',
  ],
];

/**
 * Runs the most telling rows of the conformance table on a backend, in about a second, so that a program can tell at its start whether
 * the device and its driver compute what they should. The backend stays as it was, and is not disposed.
 */
export async function selfTest(backend: AnyBackend): Promise<SelfTest> {
  const failures: { op: string; message: string }[] = [];
  const attempt = async (op: string, run: () => Promise<unknown>): Promise<void> => {
    try {
      await run();
    } catch (error) {
      failures.push({ op, message: error instanceof Error ? error.message : String(error) });
    }
  };
  for (const rule of rules) await attempt(rule.name, () => watched(backend, own => rule.check(own)));
  for (const check of checksFor('selfTest', { only: ROWS })) {
    const [dtype] = check.dtypes(backend);
    if (!dtype) continue;
    await attempt(check.opCase.op, () => check.run(backend, dtype));
  }
  return { passed: failures.length === 0, failures };
}
