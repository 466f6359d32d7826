/** `npm test`: everything that is checked. The last line says how many tests and checks passed and failed. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './process.mjs';

/** Each is one check and one command, cheap ones first. */
const CHECKS = [
  ['lint', 'biome', 'check', '--error-on-warnings', '.'],
  ['arrows between packages', 'depcruise', '--config', '.dependency-cruiser.cjs', 'packages', 'apps'],
  ['types', 'tsc', '--noEmit'],
  ['manifests', 'node', 'tools/check-manifests.mjs'],
  ['packages', 'node', 'tools/check-packages.mjs'],
  ['public names', 'node', 'tools/api.mjs', '--check'],
  ['sizes', 'size-limit'],
  ['tarballs', 'node', 'tools/check-tarballs.mjs'],
  ['plugins', 'node', 'tools/check-plugins.mjs'],
  // In CI the checkout itself is a fresh copy, which .ci/run installs, builds and runs the demo in.
  ...(process.env.CI ? [] : [['fresh copy', 'node', 'tools/check-fresh-copy.mjs']]),
  ['documentation', 'npm', 'run', 'docs'],
  ['code of the documentation', 'node', 'tools/check-docs.mjs'],
];

let passed = 0;
const failures = [];

for (const [name, command, ...args] of CHECKS) {
  const start = performance.now();
  const { code, all } = await run(command, args);
  console.log(`${code === 0 ? 'passed' : 'FAILED'}: ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  if (code === 0) passed++;
  else {
    failures.push(name);
    console.log(all);
  }
}

const tests = await runTests();
console.log(`\nchecks: ${passed} passed, ${failures.length} failed${failures.map(name => `, ${name}`).join('')}`);
console.log(`tests: ${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped`);
const failed = failures.length + tests.failed;
console.log(`${passed + tests.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Runs vitest over all packages. A file that does not load, and a run without a report, count as one failure each. */
async function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'cnn-test-'));
  const file = join(folder, 'vitest.json');
  try {
    const { code } = await run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`], {
      show: 'stdout',
    });
    const report = JSON.parse(readFileSync(file, 'utf8'));
    const broken = report.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.every(test => test.status !== 'failed'),
    ).length;
    const failed = report.numFailedTests + broken;
    return {
      passed: report.numPassedTests,
      // A rejection outside of any test fails the run, but no test.
      failed: failed === 0 && code !== 0 ? 1 : failed,
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } catch (error) {
    console.log(`vitest left no report: ${error.message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
