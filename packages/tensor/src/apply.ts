/** The one place where an op runs. */
import type { AnyBackend } from './backend.js';
import { BackendError, ShapeError, UsageError } from './errors.js';
import type { Kernel } from './kernels.js';
import type { Op } from './op.js';
import { currentRecorder } from './recorder.js';
import { type Spec, sameShape, showSpec } from './spec.js';
import { record, recording, untaped } from './tape.js';
import { Storage, Tensor, tidy, Value, valueIn } from './tensor.js';
import type { Variable } from './variable.js';

/**
 * Runs an op: checks its inputs, then the backend's kernel if it takes the case, else the composition. The run is put on the
 * tapes of every `grad` under way.
 *
 * @param backend - Where an op without inputs runs; others run where their inputs are.
 * @throws {ShapeError | DTypeError | OptionError} from the op's shape rule.
 * @throws {BackendError} if inputs are on different backends, or the backend lacks a primitive.
 * @throws {UsageError} for a disposed tensor or something else than a tensor.
 */
export function apply<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A, backend?: AnyBackend): Tensor[] {
  return run(op, inputs, attrs, backend, 0);
}

/**
 * Runs a step op on variables and other inputs and stores its first results in the variables. This is the one way in which an
 * input is overwritten: the variables give their tensors up, and a kernel may reuse each that nobody else keeps. A step that is
 * refused, or whose kernel throws, leaves every variable as it was.
 *
 * @throws {UsageError} inside `grad`, or if a variable is named twice.
 */
export function step<A>(op: Op<A>, variables: readonly Variable[], inputs: readonly Tensor[], attrs: A): void {
  for (const variable of variables) variable.refuseInsideGrad();
  if (new Set(variables).size < variables.length) throw new UsageError(`${op.name}: a variable is named twice`);
  const next = tidy(
    () => run(op, [...variables.map(variable => variable.value), ...inputs], attrs, undefined, variables.length),
    op.name,
  );
  variables.forEach((variable, i) => {
    variable.assign(next[i]!);
  });
  for (const extra of next.slice(variables.length)) extra.dispose();
}

/** `donated` inputs, from the first, may be overwritten where their only keeper is the handle given. */
function run<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A, given: AnyBackend | undefined, donated: number): Tensor[] {
  const values = inputs.map((input, i) => valueIn(input, `${op.name}, input ${i}`));
  const backend = backendOf(op, values, given);
  const specs = op.infer(
    values.map(value => value.spec),
    attrs,
  );

  if (op.view) {
    const output = new Value(values[0]!.storage, specs[0]!);
    const outputs = [new Tensor(output)];
    record(op, values, [output], attrs);
    return outputs;
  }
  // The count is of handles; one handle may also be given twice, as a variable and as another input.
  const reuse = values.map(
    ({ storage }, i) => i < donated && storage.count === 1 && values.every((other, j) => j === i || other.storage !== storage),
  );
  const results = runKernel(op, backend, values, attrs, specs, reuse);
  if (results) {
    const outputs = results.map(value => new Tensor(value));
    record(op, values, results, attrs);
    return outputs;
  }
  return runCompose(op, inputs, values, attrs, specs);
}

function backendOf(op: { name: string }, values: readonly Value[], given: AnyBackend | undefined): AnyBackend {
  const backend = values[0]?.storage.backend ?? given;
  if (!backend) throw new UsageError(`${op.name}: no inputs, so it needs a backend`);
  for (const { storage } of values) {
    if (storage.backend !== backend) {
      throw new BackendError(
        `${op.name}: inputs on backends '${backend.name}' and '${storage.backend.name}'; move one with .to(backend)`,
      );
    }
  }
  return backend;
}

function runKernel<A>(
  op: Op<A>,
  backend: AnyBackend,
  values: readonly Value[],
  attrs: A,
  specs: readonly Spec[],
  reuse: readonly boolean[],
): Value[] | undefined {
  const kernel = (backend.kernels as Readonly<Record<string, Kernel<unknown, A> | undefined>>)[op.name];
  const views = values.map(({ storage, spec }) => ({ buffer: storage.buffer, shape: spec.shape, dtype: spec.dtype }));
  const buffers = kernel?.(views, attrs, specs, reuse);
  if (!buffers) {
    if (!op.compose)
      throw new BackendError(`backend '${backend.name}' ${kernel ? 'declined' : 'lacks'} the primitive '${op.name}'`);
    return undefined;
  }
  const sources = buffers.map(buffer => values.findIndex(({ storage }) => storage.buffer === buffer));
  const fault =
    buffers.length !== specs.length
      ? `gave ${buffers.length} buffers for ${specs.length} outputs`
      : buffers.some((buffer, i) => buffers.indexOf(buffer) < i)
        ? 'gave one buffer twice'
        : sources.some(source => source >= 0 && !reuse[source])
          ? 'gave back an input that it may not reuse'
          : undefined;
  if (fault) {
    for (const buffer of new Set(buffers)) if (sources[buffers.indexOf(buffer)]! < 0) backend.free(buffer);
    throw new BackendError(`${op.name}: the kernel on '${backend.name}' ${fault}`);
  }
  const results = buffers.map((buffer, i) => new Value(values[sources[i]!]?.storage ?? new Storage(backend, buffer), specs[i]!));
  currentRecorder()?.ran({ backend, kernel, inputs: values, attrs, outputs: results });
  return results;
}

/** An op with a rule of its own is one entry, so what its composition does stays off the tapes; without one, its parts are the entries. */
function runCompose<A>(
  op: Op<A>,
  inputs: readonly Tensor[],
  values: readonly Value[],
  attrs: A,
  specs: readonly Spec[],
): Tensor[] {
  const whole = op.vjp !== undefined && recording();
  const outputs = tidy(() => {
    const made = whole ? untaped(() => op.compose!(inputs, attrs)) : op.compose!(inputs, attrs);
    if (made.length !== specs.length)
      throw new ShapeError(`${op.name}: compose gave ${made.length} outputs, infer said ${specs.length}`);
    // Fresh handles, since compose may return an input; fresh values for a whole op, so that no entry is its own source.
    return specs.map((spec, i) => {
      const value = valueIn(made[i]!, `${op.name}, output ${i}`);
      if (value.spec.dtype !== spec.dtype || !sameShape(value.spec.shape, spec.shape)) {
        throw new ShapeError(`${op.name}: compose gave ${showSpec(value.spec)}, infer said ${showSpec(spec)}`);
      }
      return new Tensor(whole ? new Value(value.storage, spec) : value);
    });
  }, op.name);
  if (whole) {
    record(
      op,
      values,
      outputs.map(output => valueIn(output, op.name)),
      attrs,
    );
  }
  return outputs;
}
