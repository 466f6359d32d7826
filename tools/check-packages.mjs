/** Packs every package as npm would publish it: publint finds nothing wrong with what is in it, attw nothing with its types. */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from './pack.mjs';
import { must } from './process.mjs';
import { published } from './published.mjs';

/** TypeScript 6 resolves the declaration files of @cnn/tensor by names that attw does not know. */
const IGNORED = { '@cnn/tensor': ['--ignore-rules', 'internal-resolution-error'] };

const work = mkdtempSync(join(tmpdir(), 'cnn-packages-'));
try {
  const queue = await pack(work);
  const worker = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const { name, filename } = next;
      const tarball = join(work, filename);
      await must('publint', [tarball, '--strict']);
      // A command has no types.
      const { manifest } = published.find(({ manifest }) => manifest.name === name);
      if (manifest.exports) await must('attw', [tarball, '--profile', 'esm-only', ...(IGNORED[name] ?? [])]);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
} finally {
  rmSync(work, { recursive: true, force: true });
}
