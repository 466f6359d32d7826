/**
 * A process that judges mutants: it gets one, puts it into the reference kernels and runs the checks of `report` against the unmutated
 * oracle until one fails.
 */
import { cpuReference } from '@cnn/backend-cpu';
import * as tensor from '@cnn/tensor';
import ts from 'typescript';
import { checksFor, observe } from '../src/checks.ts';
import { primitiveNames } from '../src/oracle.ts';
import { sources } from './sources.mjs';

/** A kernel takes at most some thousand turns in a check; a mutant that takes more does not end. */
const MOST_TURNS = 1e6;
let turns = 0;
const turn = () => {
  if (++turns > MOST_TURNS) throw new Error('it does not end');
};

const compile = text =>
  ts.transpileModule(counted(text), { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } })
    .outputText;

/** The same program, which counts the turns of its loops. */
function counted(text) {
  const inserts = [];
  const visit = node => {
    if (ts.isForStatement(node) || ts.isForOfStatement(node) || ts.isWhileStatement(node)) {
      inserts.push([node.statement.getStart(), '{ turn(); '], [node.statement.end, ' }']);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', text, ts.ScriptTarget.ES2022, true));
  // From the end, so that the places before it stay.
  inserts.sort(([a], [b]) => b - a);
  return inserts.reduce((result, [at, added]) => result.slice(0, at) + added + result.slice(at), text);
}

const compiled = new Map([...sources()].map(([file, text]) => [file, compile(text)]));
const checks = checksFor('mutants', {});
/** The checks in an order that begins with those of rows that run one of some kernels. */
const kernelsOf = new Map(
  checks.map(({ opCase }) => [opCase, observe(opCase, 'float64', 'outputs', name => primitiveNames.includes(name)).kernels]),
);

process.on('message', async ({ file, text }) => {
  const failure = await firstFailure(file, text);
  process.send({ failure });
});
process.send({ ready: true });

/** What shows that a kernel is wrong; undefined if nothing does. */
async function firstFailure(file, text) {
  let tables;
  try {
    tables = load(new Map(compiled).set(file, compile(text)));
  } catch (error) {
    return `loading: ${error.message}`;
  }
  const { referenceKernels } = tables('kernels/index');
  const suspects = file.startsWith('kernels/') ? Object.keys(Object.assign({}, ...Object.values(tables(file)))) : primitiveNames;
  const backend = cpuReference({ poison: true, kernels: runtime => wrap(referenceKernels, runtime) });
  for (const { opCase, property, dtypes, run } of ordered(suspects)) {
    for (const dtype of dtypes(backend).reverse()) {
      turns = 0;
      try {
        await run(backend, dtype);
      } catch (error) {
        return `${opCase.name}, ${property.name}, ${dtype}: ${error.message}`;
      }
    }
  }
  return undefined;
}

/** Checks of forward passes with a suspect come first, other checks of its rows next. */
function ordered(suspects) {
  const rank = ({ opCase, property }) => {
    const hasSuspect = suspects.some(name => kernelsOf.get(opCase).has(name));
    return (hasSuspect ? 0 : 2) + (property.name === 'forward' ? 0 : 1);
  };
  return [0, 1, 2, 3].flatMap(wanted => checks.filter(check => rank(check) === wanted));
}

/** Evaluates the sources as modules of their own and gives a function that requires one by its file. */
function load(files) {
  const modules = new Map();
  const require = file => {
    if (modules.has(file)) return modules.get(file);
    const exports = {};
    modules.set(file, exports);
    const local = specifier =>
      specifier === '@cnn/tensor'
        ? tensor
        : require(new URL(specifier, `file:///${file}`).pathname.slice(1).replace(/\.js$/, ''));
    new Function('require', 'exports', 'turn', files.get(file))(local, exports, turn);
    return exports;
  };
  return require;
}

/** Backend kernels out of reference kernels. */
const wrap = (kernels, { allocate }) =>
  Object.fromEntries(
    Object.entries(kernels).map(([name, kernel]) => [
      name,
      (inputs, attrs, outputs) => {
        const results = outputs.map(allocate);
        kernel(
          inputs.map(({ buffer, shape, dtype }) => ({ data: buffer, shape, dtype })),
          attrs,
          outputs.map(({ shape, dtype }, i) => ({ data: results[i], shape, dtype })),
        );
        return results;
      },
    ]),
  );
