/** Every published package says what npm and its users must know; publint and attw check what its entry points say. */
import { isDeepStrictEqual } from 'node:util';
import { published } from './published.mjs';

const [{ manifest: first }] = published;

/** What must hold, and what to say of a package for which it does not. */
const RULES = [
  ['version: all packages have one', ({ version }) => version === first.version],
  ['description: a sentence', ({ description }) => /^.{20,}\.$/.test(description ?? '')],
  ['license: MIT', ({ license }) => license === 'MIT'],
  ['keywords: three or more', ({ keywords }) => keywords?.length >= 3],
  [
    'repository: that of all, with the folder of the package',
    ({ repository }, folder) => isDeepStrictEqual(repository, { ...first.repository, directory: folder }),
  ],
  ['type: module', ({ type }) => type === 'module'],
  ['sideEffects: false', ({ sideEffects }) => sideEffects === false],
  ['engines: those of all', ({ engines }) => engines?.node === first.engines.node],
  [
    'files: dist, README.md and CHANGELOG.md',
    ({ files = [] }) => ['dist', 'README.md', 'CHANGELOG.md'].every(file => files.includes(file)),
  ],
  ['bin: paths as npm writes them, without ./', ({ bin = {} }) => Object.values(bin).every(path => !path.startsWith('./'))],
  [
    'publishConfig: public, with provenance',
    ({ publishConfig }) => isDeepStrictEqual(publishConfig, { access: 'public', provenance: true }),
  ],
  [
    'scripts: none that an installation runs',
    ({ scripts = {} }) => !['preinstall', 'install', 'postinstall', 'prepare'].some(name => name in scripts),
  ],
  ['dependencies: exact versions', ({ dependencies = {} }) => Object.values(dependencies).every(range => /^\d/.test(range))],
];

const problems = published.flatMap(({ folder, manifest }) =>
  RULES.flatMap(([rule, holds]) => (holds(manifest, folder) ? [] : [`${folder}/package.json, ${rule}`])),
);
for (const problem of problems) console.log(problem);
console.log(`${published.length} packages, ${RULES.length} rules, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
