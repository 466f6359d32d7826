/** Every check that the options ask for, as plain values: what `report`, `selfTest` and the tests of vitest are made of. */
import { type AnyBackend, checkOptions, type DType, OptionError, option, shapesBackend, tidy } from '@cnn/tensor';
import { ConformanceError } from './conformance-error.js';
import { goldenCases } from './golden/index.js';
import { goldenProperties } from './golden/properties.js';
import { opCases } from './op-table/index.js';
import { type FloatDType, inputsOf, type OpCase } from './op-table/op-case.js';
import { Oracle, primitiveNames } from './oracle.js';
import { properties } from './properties/index.js';
import type { Property } from './properties/property.js';
import { type Quantity, tensorsOf } from './results.js';
import type { CreateBackend } from './rules/rule.js';
import { type Tolerance, toleranceOf } from './tolerance.js';
import { watch } from './watch.js';

/** Options of `conformance` and `report`. */
export interface ConformanceOptions {
  /** The error allowed in float32; default 1e-4 for ops that work element by element, 1e-3 for products and gradients. */
  readonly tolerance?: Tolerance;
  /** Only the rows of these ops, or, for a text that is no op, whose names hold it. */
  readonly only?: readonly string[];
  /** Not these rows; as `only`. */
  readonly skip?: readonly string[];
  /** Makes the backend with an `exp` that fails, at once or later: without it, the rule for failures is not checked. */
  readonly failing?: CreateBackend;
}

/** One property of one row. */
export interface Check {
  readonly opCase: OpCase;
  readonly property: Pick<Property, 'name' | 'part'>;
  /** The float dtypes of the backend that the row can be run in; none if the backend lacks another dtype that it needs. */
  dtypes(backend: AnyBackend): FloatDType[];
  /** Runs the check in one dtype and gives the kernels that took part. @throws {ConformanceError} or what the backend throws. */
  run(backend: AnyBackend, dtype: FloatDType): Promise<ReadonlySet<string>>;
}

/** @throws {OptionError} for an unknown or impossible option, or for a name that matches no row. */
export function checksFor(who: string, options: ConformanceOptions): Check[] {
  checkOptions(who, options, {
    tolerance: option.any,
    only: option.list(option.text),
    skip: option.list(option.text),
    failing: option.function,
  });
  const tolerance = toleranceOf(who, options.tolerance);
  const oracle = new Oracle();
  const { only, skip = [] } = options;
  refuseUnknown(who, { only: only ?? [], skip });
  const isWanted = (opCase: OpCase): boolean =>
    (only === undefined || only.some(name => matches(opCase, name))) && !skip.some(name => matches(opCase, name));
  const checkOf = <C extends OpCase>(opCase: C, property: Property<C>): Check => ({
    opCase,
    property,
    dtypes: ({ dtypes }) => floatDTypes.filter(dtype => dtypesOf(opCase, dtype).every(needed => dtypes.includes(needed))),
    run: (backend, dtype) => watched(backend, own => property.check(opCase, { backend: own, dtype, oracle, tolerance })),
  });
  const checksOf = <C extends OpCase>(cases: readonly C[], held: readonly Property<C>[]): Check[] =>
    cases
      .filter(isWanted)
      .flatMap(opCase => held.filter(property => property.appliesTo(opCase)).map(property => checkOf(opCase, property)));
  return [...checksOf(opCases, properties), ...checksOf(goldenCases, goldenProperties)];
}

const floatDTypes: readonly FloatDType[] = ['float32', 'float64'];

const opNames: ReadonlySet<string> = new Set(opCases.map(({ op }) => op));

/** A text that is the name of an op stands for that op alone: 'exp' is not 'expandDims'. */
const matches = ({ op, name }: OpCase, wanted: string): boolean => (opNames.has(wanted) ? op === wanted : name.includes(wanted));

function refuseUnknown(who: string, lists: Readonly<Record<'only' | 'skip', readonly string[]>>): void {
  for (const [name, wanted] of Object.entries(lists)) {
    const unknown = wanted.find(text => ![...opCases, ...goldenCases].some(opCase => matches(opCase, text)));
    if (unknown === undefined) continue;
    throw new OptionError(who, name, unknown, `the name of an op (${[...opNames].join(', ')}), or a part of a row's name`);
  }
}

/**
 * Runs something on a watched backend. A backend that counts its buffers itself, by a method `live()`, is asked as well: only it knows of
 * what its kernels keep.
 *
 * @throws {ConformanceError} if buffers are left.
 */
export async function watched(
  backend: AnyBackend & { live?(): number },
  run: (backend: AnyBackend) => Promise<void>,
): Promise<ReadonlySet<string>> {
  const watchedBackend = watch(backend);
  const before = backend.live?.() ?? 0;
  await run(watchedBackend.backend);
  const left = watchedBackend.live();
  if (left > 0) throw new ConformanceError(`${left} ${left === 1 ? 'buffer was' : 'buffers were'} not freed`);
  const after = backend.live?.() ?? 0;
  if (after > before)
    throw new ConformanceError(`all buffers were freed, but the backend holds ${after - before} more than before`);
  return watchedBackend.ran;
}

const known = new WeakMap<OpCase, Partial<Record<FloatDType, readonly DType[]>>>();

/** The dtypes that a row needs when it is run by primitives in a float dtype. */
function dtypesOf(opCase: OpCase, float: FloatDType): readonly DType[] {
  const found = known.get(opCase) ?? {};
  known.set(opCase, found);
  found[float] ??= [...observe(opCase, float, 'outputs', kernel => primitiveNames.includes(kernel)).dtypes];
  return found[float];
}

/** What a row runs on a backend with some kernels: their names, and the dtypes that go in and out. */
export function observe(
  opCase: OpCase,
  float: FloatDType,
  quantity: Quantity,
  runs: (kernel: string) => boolean = () => true,
): { kernels: Set<string>; dtypes: Set<DType> } {
  const kernels = new Set<string>();
  const dtypes = new Set<DType>([float]);
  const backend = shapesBackend({
    runs,
    observe({ name, inputs, outputs }) {
      kernels.add(name);
      for (const { dtype } of [...inputs, ...outputs]) dtypes.add(dtype);
    },
  });
  tidy(() => {
    const inputs = inputsOf(opCase, backend, float);
    for (const { dtype } of [...inputs, ...tensorsOf(quantity, opCase, inputs)]) dtypes.add(dtype);
  });
  return { kernels, dtypes };
}
