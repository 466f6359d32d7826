/**
 * The arrows between the packages, as docs/architecture.md draws them: apps -> train, models -> layers, optim, data -> tensor <- backends.
 * `npm run lint` holds them.
 */
const { readdirSync } = require('node:fs');
const { join } = require('node:path');

/** What the source of each package may use beside itself and its npm dependencies. */
const USES = {
  tensor: [],
  'backend-cpu': ['tensor'],
  'backend-testkit': ['tensor', 'backend-cpu', 'layers', 'optim'],
  'backend-gpujs': ['tensor'],
  classic: ['tensor'],
  'create-cnn-plugin': [],
  data: ['tensor'],
  layers: ['tensor'],
  optim: ['tensor'],
  models: ['tensor', 'layers'],
  train: ['tensor', 'layers', 'optim', 'data'],
};

const packages = readdirSync(join(__dirname, 'packages'));
const unknown = packages.find(name => !Object.hasOwn(USES, name));
if (unknown) throw new Error(`packages/${unknown} is not in the table of .dependency-cruiser.cjs: say there what it may use`);

/** Only these see Node's own modules; everything else runs in a browser, too. */
const NODE_ONLY = '^packages/([^/]+/src/node(/|\\.ts$)|create-cnn-plugin/)';

const arrows = packages.flatMap(name => [
  {
    name: `${name}-uses`,
    comment: `The source of ${name} may use these packages only: ${USES[name].join(', ') || 'none'}.`,
    severity: 'error',
    from: { path: `^packages/${name}/src` },
    to: { path: `^packages/(?!(${[name, ...USES[name]].join('|')})/)` },
  },
  {
    name: `${name}-tests-use`,
    comment: `The tests of ${name} may use what its source uses, and any backend.`,
    severity: 'error',
    from: { path: `^packages/${name}/test` },
    to: { path: `^packages/(?!(${[name, 'backend-[^/]+', ...USES[name]].join('|')})/)` },
  },
]);

module.exports = {
  forbidden: [
    ...arrows,
    {
      name: 'packages-do-not-use-apps',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^apps/' },
    },
    {
      name: 'no-circular',
      comment:
        'No file may import itself by way of others. Only ops may: the gradient of an op is made of other ops, whose gradients are made of it in turn, and they meet when they run, not when they load.',
      severity: 'error',
      from: {},
      to: { circular: true, via: { pathNot: '^packages/tensor/src/ops/' } },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'source-uses-what-its-package-declares',
      comment: 'A published package comes without dev dependencies, and without those of the repository root.',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only', 'npm-peer'] },
    },
    {
      name: 'roots-run-in-browsers',
      comment: "Node's own modules belong into src/node.ts and src/node/.",
      severity: 'error',
      from: { path: '^packages/[^/]+/src', pathNot: NODE_ONLY },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'roots-do-not-use-node-entries',
      severity: 'error',
      from: { path: '^packages/[^/]+/src', pathNot: NODE_ONLY },
      to: { path: NODE_ONLY },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // What the bench compares with is installed apart, by npm run bench:peers.
    exclude: { path: '(^|/)(dist|build|assembly)/|^apps/bench/peers/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@cnn/source', 'import', 'types', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.json'],
    },
  },
};
