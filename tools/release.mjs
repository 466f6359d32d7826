/**
 * `npm run release`: checks what would be published, and publishes what the registry does not have yet. `npm run release -- --dry-run` only
 * says what it would publish, and needs no network. The real one is run by `.github/workflows/release.yml`.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { must, root } from './process.mjs';
import { published } from './published.mjs';

const CHECKS = [
  ['node', 'tools/check-manifests.mjs'],
  ['node', 'tools/check-packages.mjs'],
  ['node', 'tools/api.mjs', '--check'],
  ['size-limit'],
  ['node', 'tools/check-tarballs.mjs'],
];

const dryRun = process.argv.includes('--dry-run');
try {
  if (!dryRun) refuseUnready();
  for (const [command, ...args] of CHECKS) {
    await must(command, args);
    console.log(`passed: ${[command, ...args].join(' ')}`);
  }
  if (dryRun) await say();
  else await must('changeset', ['publish'], { show: 'stdout' });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

/** @throws {Error} if something is left to be done by a person. */
function refuseUnready() {
  const pending = readdirSync(join(root, '.changeset')).filter(name => name.endsWith('.md'));
  if (pending.length > 0) throw new Error(`${pending.length} changesets are in no version yet: npm run version-packages`);
  const { url } = published[0].manifest.repository;
  if (url.includes('/OWNER/')) throw new Error(`${url} is nobody's repository: docs/release.md says how to name yours`);
}

/** Says what npm would publish of each package. */
async function say() {
  for (const { manifest } of published) {
    const { output } = await must('npm', ['publish', '--dry-run', '--offline', '--json', '--workspace', manifest.name]);
    const { id, size, entryCount } = Object.values(JSON.parse(output))[0];
    const { access, provenance } = manifest.publishConfig;
    console.log(
      `${id}: ${entryCount} files, ${(size / 1000).toFixed(1)} kB, ${access}, ${provenance ? 'with' : 'without'} provenance`,
    );
  }
  console.log(`${published.length} packages would be published`);
}
