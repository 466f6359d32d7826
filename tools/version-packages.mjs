/**
 * `npm run version-packages`: turns the changesets into versions and changelogs. The reports of the public names are renewed first, while
 * there are changesets to announce what has changed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, root } from './process.mjs';

await must('node', ['tools/api.mjs'], { show: 'stdout' });
await must('changeset', ['version'], { show: 'stdout' });

// The version that a running program knows, to tell copies of the core apart.
const { version } = JSON.parse(readFileSync(join(root, 'packages/tensor/package.json'), 'utf8'));
const source = join(root, 'packages/tensor/src/version.ts');
const text = readFileSync(source, 'utf8');
const written = text.replace(/VERSION: string = '[^']*'/, `VERSION: string = '${version}'`);
if (!written.includes(`'${version}'`)) throw new Error(`${source} has no VERSION to set`);
writeFileSync(source, written);

await must('npm', ['install', '--package-lock-only', '--ignore-scripts', '--prefer-offline'], { show: 'stdout' });
console.log(`all packages are at ${version}`);
