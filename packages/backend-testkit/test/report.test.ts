import { cpuReference } from '@cnn/backend-cpu';
import { expect, test } from 'vitest';
import { formatReport, report } from '../src/index.js';

test('a report of the reference backend', async () => {
  const found = await report(() => cpuReference({ poison: true }));
  expect(found.rows.flatMap(({ failures }) => failures)).toEqual([]);
  expect(found.rules.filter(({ status }) => status === 'fail')).toEqual([]);
  expect(found.passed).toBe(true);
  expect(found.rows.find(({ op }) => op === 'conv2d')).toEqual({
    op: 'conv2d',
    forward: 'fallback',
    gradient: 'fallback',
    fallbacks: ['conv2d', 'conv2dRelu', 'conv2dInputGrad', 'conv2dWeightGrad', 'reluGrad'],
    failures: [],
  });
  expect(found.rows.find(({ op }) => op === 'argMax')).toMatchObject({ forward: 'pass', gradient: 'pass' });
  expect(formatReport(found)).toContain('sgdStep               fallback  fallback');
});
