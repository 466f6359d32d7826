/**
 * Does what a newcomer does, in a copy of the files that git knows or would take: installs, builds, runs the demo (a short one)
 * and the command that npm linked.
 */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastLineJson, must, root } from './process.mjs';

const copy = mkdtempSync(join(tmpdir(), 'cnn-copy-'));
try {
  const { output } = await must('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  for (const file of output.split('\0').filter(file => file && existsSync(root + file))) cpSync(root + file, join(copy, file));

  const demo = await must('npm', ['run', 'demo', '--', '--json', '--epochs', '1', '--limit', '3200'], { cwd: copy });
  const { testAccuracy, out } = lastLineJson(demo.output);
  if (!(testAccuracy > 0.5)) throw new Error(`the demo learned nothing: test accuracy ${testAccuracy}`);
  if (!existsSync(join(copy, out, 'report.html'))) throw new Error(`the demo left no report in ${out}`);

  const { output: help } = await must('npx', ['--no-install', 'cnn', '--help'], { cwd: copy });
  if (!help.startsWith('Usage: cnn')) throw new Error(`cnn --help printed\n${help}`);
} finally {
  rmSync(copy, { recursive: true, force: true });
}
