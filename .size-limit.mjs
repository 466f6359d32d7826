/**
 * What each package may cost a page: minified and packed by gzip, without the packages that it takes as peers. `npm run size` measures.
 * The limits are a few per cent above the sizes; raise one on purpose, and say why in the commit.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Everything that the root of a package exports. */
const WHOLE = {
  'backend-cpu': '63.5 kB',
  'backend-gpujs': '11.5 kB',
  'backend-testkit': '93 kB',
  classic: '4.9 kB',
  data: '43.5 kB',
  layers: '18 kB',
  models: '7 kB',
  optim: '8.8 kB',
  tensor: '31.5 kB',
  train: '8.8 kB',
};

/** What a program takes of a package: a bundler leaves the rest out. */
const PARTS = [
  ['tensor', '{ grad, tensor, tidy, Variable }', '7.9 kB'],
  ['layers', '{ conv2d, initialise, linear, losses, maxPool2d, relu, sequential }', '12.1 kB'],
  ['models', '{ lenet5 }', '370 B'],
  ['optim', '{ adam }', '4.8 kB'],
  ['data', '{ digits, loader }', '5.3 kB'],
  ['train', '{ fit }', '5.8 kB'],
];

const manifestOf = name => JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'));

const entry = (name, imported, limit, title = `@cnn/${name}`) => ({
  name: title,
  path: `packages/${name}/dist/index.js`,
  import: imported,
  limit,
  gzip: true,
  ignore: Object.keys(manifestOf(name).peerDependencies ?? {}),
});

const withRoot = readdirSync('packages').filter(name => manifestOf(name).exports?.['.']);
const unknown = withRoot.find(name => !Object.hasOwn(WHOLE, name));
if (unknown) throw new Error(`packages/${unknown} is not in the table of .size-limit.mjs: say there what it may cost`);

export default [
  ...withRoot.map(name => entry(name, '*', WHOLE[name])),
  ...PARTS.map(([name, imported, limit]) => entry(name, imported, limit, `${imported} of @cnn/${name}`)),
];
