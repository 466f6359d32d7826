import { cpuReference } from '@cnn/backend-cpu';
import {
  defineOptimizer,
  type OptimizerDefinition,
  type OptimizerFactory,
  type OptimizerState,
  optimizerFromJSON,
} from '@cnn/optim';
import { type AnyBackend, alias, grad, ops, option, type Shape, type Tensor, tensor, tidy, Variable } from '@cnn/tensor';
import { ConformanceError } from '../conformance-error.js';
import { spread } from '../numbers.js';
import type { FloatDType } from '../op-table/op-case.js';
import { check } from '../rules/expect.js';
import { compareNumbers } from '../tolerance.js';
import { watch } from '../watch.js';
import { checkRules } from './options.js';

/**
 * Checks an optimizer of a plugin with its default options: that wrong options are refused and options survive JSON, that its slots
 * are like their parameters, that it makes a quadratic loss smaller, that a learning rate of 0 changes no parameter, that it changes
 * neither gradients nor tensors that somebody keeps, that the same start gives the same bits, also when its slots and step count were
 * carried over in the middle, that float32 gives the same numbers as float64, and that it leaves no buffer behind.
 *
 * @param definition - What `defineOptimizer` takes.
 * @throws {ConformanceError} that says what does not hold.
 */
export async function checkOptimizer<C extends object>(definition: OptimizerDefinition<C>): Promise<void> {
  const { type } = definition;
  const factory = defineOptimizer(definition);
  checkRules(type, {}, { ...definition.options, learningRate: option.nonNegative }, options => factory(options as never));
  checkJSON(type, factory);

  const watched = watch(cpuReference({ poison: true }));
  const run = (dtype: FloatDType) => new Run(factory, watched.backend, dtype);
  await checkProgress(type, run);
  await checkRepeats(type, run);
  await checkKeeps(type, run);
  if (watched.live() > 0) throw new ConformanceError(`${type}: ${watched.live()} buffers were not freed`);
}

function checkJSON<C>(type: string, factory: OptimizerFactory<C>): void {
  const optimizer = factory({} as never);
  const read = optimizerFromJSON(JSON.parse(JSON.stringify(optimizer)), [factory as OptimizerFactory<never>]);
  const [before, after] = [optimizer, read].map(each => JSON.stringify(each));
  check(before === after, `${type}: the options ${before} come back from JSON as ${after}`);
}

/** Enough for slots to matter. */
const STEPS = 6;

/** The loss is smaller after some steps, a learning rate of 0 changes nothing, and float32 does as float64. */
async function checkProgress(type: string, run: (dtype: FloatDType) => Run): Promise<void> {
  const double = await run('float64').after(async made => {
    const before = await made.loss();
    made.steps(STEPS);
    const after = await made.loss();
    check(after < before, `${type}: ${STEPS} steps on a quadratic loss lead from ${before} to ${after}`);
    return made.parameterNumbers();
  });
  const single = await run('float32').after(async made => {
    made.steps(STEPS);
    return made.parameterNumbers();
  });
  for (const [i, numbers] of single.entries()) compareNumbers(`${type} in float32, parameter ${i}`, numbers, double[i]!, 1e-3);
  await run('float64').after(async made => {
    const before = await made.parameterNumbers();
    made.steps(1, 0);
    const after = await made.parameterNumbers();
    for (const [i, numbers] of after.entries())
      compareNumbers(`${type} with a learning rate of 0, parameter ${i}`, numbers, before[i]!, 0);
  });
}

/** The same start gives the same bits, also with slots and step count carried to another state in the middle. */
async function checkRepeats(type: string, run: (dtype: FloatDType) => Run): Promise<void> {
  const numbersOf = (resumeAfter?: number): Promise<ArrayLike<number>[]> =>
    run('float32').after(async made => {
      made.steps(resumeAfter ?? STEPS);
      if (resumeAfter !== undefined) {
        made.carryOver();
        made.steps(STEPS - resumeAfter);
      }
      return made.parameterNumbers();
    });
  const first = await numbersOf();
  const again = await numbersOf();
  const resumed = await numbersOf(2);
  for (const [i, numbers] of first.entries()) {
    compareNumbers(`${type}: parameter ${i}, a second time from the same start`, again[i]!, numbers, 0);
    compareNumbers(
      `${type}: parameter ${i}, with the slots and the step count carried over after step 2`,
      resumed[i]!,
      numbers,
      0,
    );
  }
}

/** A step changes neither the gradients nor the tensors that somebody keeps. */
function checkKeeps(type: string, run: (dtype: FloatDType) => Run): Promise<void> {
  return run('float64').after(async made => {
    const held = made.parameters.map(({ value }) => alias(value));
    const grads = made.gradients();
    try {
      const before = await Promise.all([...held, ...grads].map(each => each.data()));
      made.state.step(grads);
      for (const [i, each] of [...held, ...grads].entries()) {
        const what = i < held.length ? 'the old tensor of a parameter, which somebody keeps,' : 'a gradient';
        compareNumbers(`${type}: ${what} after a step`, await each.data(), before[i]!, 0);
      }
    } finally {
      for (const each of [...held, ...grads]) each.dispose();
    }
  });
}

const SHAPES: readonly Shape[] = [[3, 2], [5]];

/** An optimizer at work on the mean squared distance of two parameters from given targets. */
class Run {
  readonly parameters: readonly Variable[];
  readonly #make: () => OptimizerState;
  readonly #targets: readonly Tensor[];
  state: OptimizerState;

  constructor(factory: OptimizerFactory<never> | OptimizerFactory<object>, backend: AnyBackend, dtype: FloatDType) {
    const like = (shape: Shape, seed: number): Tensor => {
      const size = shape.reduce((a, b) => a * b, 1);
      return tensor(backend, Float32Array.from(spread(size, seed)), { shape, dtype });
    };
    this.parameters = SHAPES.map((shape, i) => new Variable(`parameter${i}`, like(shape, i + 1)));
    this.#targets = SHAPES.map((shape, i) => like(shape, i + 11));
    this.#make = () => (factory as OptimizerFactory<object>)({ learningRate: 0.01 }).init(this.parameters);
    this.state = this.#make();
  }

  /** Runs something and frees all. */
  async after<T>(run: (made: this) => Promise<T>): Promise<T> {
    try {
      this.#checkSlots();
      return await run(this);
    } finally {
      for (const held of [...this.parameters, ...this.#targets, this.state]) held.dispose();
    }
  }

  #checkSlots(): void {
    const specs = this.parameters.map(({ value }) => `${value.dtype} ${value.shape}`);
    for (const { name, value } of this.state.slots)
      check(specs.includes(`${value.dtype} ${value.shape}`), `the slot ${name} is ${value.dtype} [${value.shape}]`);
  }

  #loss(): Tensor {
    return this.parameters
      .map(({ value }, i) => ops.mean(ops.square(ops.sub(value, this.#targets[i]!))))
      .reduce((a, b) => ops.add(a, b));
  }

  gradients(): Tensor[] {
    const { loss, grads } = grad(() => this.#loss(), this.parameters);
    loss.dispose();
    return grads;
  }

  async loss(): Promise<number> {
    const loss = tidy(() => this.#loss());
    return loss.item().finally(() => loss.dispose());
  }

  steps(count: number, learningRate?: number): void {
    for (let i = 0; i < count; i++)
      tidy(() => this.state.step(this.gradients(), learningRate === undefined ? {} : { learningRate }));
  }

  /** A new state that goes on where the old one was, as from a checkpoint. */
  carryOver(): void {
    const next = this.#make();
    next.slots.forEach((slot, i) => {
      slot.assign(tidy(() => ops.mul(this.state.slots[i]!.value, 1)));
    });
    next.stepCount = this.state.stepCount;
    this.state.dispose();
    this.state = next;
  }

  parameterNumbers(): Promise<ArrayLike<number>[]> {
    return Promise.all(this.parameters.map(({ value }) => value.data()));
  }
}
