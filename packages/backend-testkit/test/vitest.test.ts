/** `conformance` with vitest itself: which tests there are, and which of them fail. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';

interface Result {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: 'passed' | 'failed' | 'skipped' | 'pending';
}

let results: readonly Result[];

beforeAll(async () => {
  const root = fileURLToPath(new URL('fixtures/', import.meta.url));
  const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url));
  const output = await new Promise<string>(resolve =>
    // The exit status is 1, since tests fail.
    execFile(process.execPath, [vitest, 'run', '--root', root, '--reporter', 'json'], { maxBuffer: 1e8 }, (_, stdout) =>
      resolve(stdout),
    ),
  );
  const { testResults } = JSON.parse(output) as { testResults: { assertionResults: Result[] }[] };
  results = testResults.flatMap(({ assertionResults }) => assertionResults);
}, 120_000);

/** How the tests of a group went, by property and row. */
const of = (group: string): Record<string, string> =>
  Object.fromEntries(
    results
      .filter(({ ancestorTitles }) => ancestorTitles[0] === group)
      .map(({ ancestorTitles, title, status }) => [[...ancestorTitles.slice(2), title].join(' | '), status]),
  );

test('the rows of a wrong kernel fail, others pass, and the rest is left out', () => {
  const wrong = of('wrong');
  expect(wrong['forward | cumsum']).toBe('failed');
  expect(wrong['gradient | cumsum: reverse']).toBe('failed');
  expect(wrong['forward | exp: a scalar']).toBe('passed');
  expect(wrong['second gradient | exp: a scalar']).toBe('passed');
  expect(Object.keys(wrong).filter(name => !/cumsum|exp: a scalar/.test(name) || name.includes('exclusive'))).toEqual([]);
});

test('what needs a dtype that the backend lacks is skipped', () => {
  const without = of('without bool');
  expect(without['forward | logicalNot']).toMatch(/skipped|pending/);
  expect(without['forward | neg: int32']).toBe('passed');
});

test('rules are run, the one for failures on the backend that fails', () => {
  const failing = of('failing');
  expect(failing).toMatchObject({
    'rules | the kernel table has every primitive and no prototype': 'passed',
    'rules | nothing can be written after dispose': 'passed',
    'rules | a failure comes out where its numbers are read': 'failed', // since add fails, too, which nothing was wrong with
  });
});
