/**
 * `npm run api`: renews `packages/NAME/api`, the reports of every public name. `npm run api -- --check` compares only, for CI.
 * Both fail on a change that no changeset announces, and name it. The packages must have been built.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { apiChanges, isAnnounced } from './api-changes.mjs';
import { apiReports } from './api-reports.mjs';
import { root } from './process.mjs';

const checkOnly = process.argv[2] === '--check';
const folder = join(root, '.changeset');
const changesets = readdirSync(folder)
  .filter(name => name.endsWith('.md'))
  .map(name => readFileSync(join(folder, name), 'utf8'));

let changed = 0;
let unannounced = 0;
const reports = apiReports();
for (const { name, file, text } of reports) {
  const path = join(root, file);
  const changes = apiChanges(existsSync(path) ? readFileSync(path, 'utf8') : '', text);
  for (const change of changes) {
    const announced = isAnnounced(change, name, changesets);
    if (!announced) unannounced++;
    changed++;
    console.log(
      `${name}: ${change.name} was ${change.kind}${announced ? '' : `, and no changeset of ${name} says so`} (${file})`,
    );
  }
}
if (unannounced === 0 && !checkOnly) {
  for (const { file, text } of reports) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
}
console.log(`${reports.length} entry points, ${changed} names changed, ${unannounced} of them unannounced`);
if (unannounced > 0) {
  console.log('A changeset (npm run changeset) must name, in `code marks`, each export that was changed or removed.');
  process.exitCode = 1;
}
