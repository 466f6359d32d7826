import type { OpCase } from '../op-table/op-case.js';
import { resultsOn } from '../results.js';
import { compareResults } from '../tolerance.js';
import type { Property } from './property.js';

/** Made once for each row, since the oracle knows rows by their identity. */
const made = new WeakMap<OpCase, OpCase | undefined>();

/** A row that gives the first of two inputs that are alike for both; undefined if no two are. */
function withOneTensor(opCase: OpCase): OpCase | undefined {
  if (!made.has(opCase)) made.set(opCase, merged(opCase));
  return made.get(opCase);
}

function merged(opCase: OpCase): OpCase | undefined {
  const { inputs } = opCase;
  const kinds = inputs.map(({ shape, dtype }) => `${dtype} ${shape}`);
  const second = kinds.findIndex((kind, i) => kinds.indexOf(kind) < i);
  if (second < 0) return undefined;
  const first = kinds.indexOf(kinds[second]!);
  return {
    ...opCase,
    inputs: inputs.filter((_, i) => i !== second),
    run: (...given) => opCase.run(...given.slice(0, second), given[first]!, ...given.slice(second)),
  };
}

/** One tensor may be given for two inputs. */
export const oneTensorTwice: Property = {
  name: 'one tensor twice',
  part: 'forward',
  appliesTo: opCase => withOneTensor(opCase) !== undefined,
  async check(opCase, { backend, dtype, oracle, tolerance }) {
    const twice = withOneTensor(opCase)!;
    const got = await resultsOn(backend, 'outputs', twice, dtype);
    compareResults('output', got, await oracle.expected('outputs', twice), tolerance(opCase, dtype, 'outputs'));
  },
};
