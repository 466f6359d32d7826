/** The conformance tests as tests of vitest. It is apart from the root, which runs in browsers and without a test runner. */
import type { AnyBackend } from '@cnn/tensor';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type Check, type ConformanceOptions, checksFor, watched } from './checks.js';
import { checkDispose, disposeRule } from './rules/dispose.js';
import { rules } from './rules/index.js';
import { lateFailures } from './rules/late-failures.js';
import type { CreateBackend } from './rules/rule.js';

export type { ConformanceOptions } from './checks.js';
export type { CreateBackend } from './rules/rule.js';
export type { Tolerance } from './tolerance.js';

/**
 * Registers a test with vitest for each property of each row of the op table, and for each rule for the backend as a whole. They share
 * one backend, which is disposed at the end. A row that needs a dtype that the backend lacks is skipped. With `only`, the rules are left out.
 *
 * @throws {OptionError} for an unknown or impossible option, and for a name in `only` or `skip` that matches no row.
 */
export function conformance(createBackend: CreateBackend, options: ConformanceOptions = {}): void {
  const checks = checksFor('conformance', options);
  describe('conformance', () => {
    let backend: AnyBackend;
    beforeAll(async () => {
      backend = await createBackend();
    });
    afterAll(() => backend?.dispose());

    for (const [property, own] of byProperty(checks)) {
      describe(property, () => {
        for (const check of own) {
          test(check.opCase.name, async ({ skip }) => {
            const dtypes = check.dtypes(backend);
            skip(dtypes.length === 0, `'${backend.name}' lacks a dtype`);
            for (const dtype of dtypes) await check.run(backend, dtype);
          });
        }
      });
    }

    if (options.only) return;
    describe('rules', () => {
      for (const rule of rules) {
        test(rule.name, async () => {
          await watched(backend, own => rule.check(own));
        });
      }
      test(disposeRule, async () => checkDispose(await createBackend()));
      const { failing } = options;
      if (!failing) return;
      test(lateFailures.name, async () => {
        const broken = await failing();
        try {
          await watched(broken, own => lateFailures.check(own));
        } finally {
          await broken.dispose();
        }
      });
    });
  });
}

function byProperty(checks: readonly Check[]): Map<string, Check[]> {
  const groups = new Map<string, Check[]>();
  for (const check of checks) groups.set(check.property.name, [...(groups.get(check.property.name) ?? []), check]);
  return groups;
}
