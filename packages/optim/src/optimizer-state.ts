import {
  BackendError,
  checkOptions,
  DTypeError,
  isFloat,
  OptionError,
  option,
  ShapeError,
  sameShape,
  show,
  showSpec,
  type Tensor,
  tidy,
  UsageError,
  Variable,
  withLabel,
} from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';

/** What the rule of an optimizer gets beside its own options. */
export interface StepConfig {
  /** The learning rate of this step for this parameter. */
  readonly learningRate: number;
  /** Which step this is, from 1. */
  readonly step: number;
}

/** A parameter, the slots that it needs and its rule. */
export interface Target {
  readonly parameter: Variable;
  readonly slots: readonly string[];
  update(slots: readonly Variable[], gradient: Tensor, config: StepConfig): void;
}

/** What an optimizer keeps for the parameters of one network. `Optimizer.init` makes it. */
export class OptimizerState {
  /** All slots, by parameter and then as the optimizer orders them. To resume, assign them and set `stepCount`. */
  readonly slots: readonly Variable[];
  readonly #type: string;
  readonly #learningRate: number;
  readonly #targets: readonly Target[];
  readonly #slots: readonly (readonly Variable[])[];
  #stepCount = 0;

  /** @internal */
  constructor(type: string, learningRate: number, targets: readonly Target[]) {
    const parameters = targets.map(({ parameter }) => parameter);
    checkParameters(type, parameters);
    this.#type = type;
    this.#learningRate = learningRate;
    this.#targets = targets;
    // All tensors before the first variable: a scope frees them where one cannot be made.
    const zeros = tidy(() =>
      targets.map(({ parameter: { value }, slots }) => slots.map(() => ops.zeros(value.backend, value.shape, value.dtype))),
    );
    this.#slots = targets.map(({ parameter, slots }, i) =>
      slots.map((slot, j) => new Variable(`${parameter.name}/${slot}`, zeros[i]![j]!)),
    );
    this.slots = this.#slots.flat();
  }

  /** How many steps were made. */
  get stepCount(): number {
    return this.#stepCount;
  }

  /** @throws {OptionError} unless it is a whole number from 0. */
  set stepCount(count: number) {
    checkOptions(this.#type, { stepCount: count }, { stepCount: option.index });
    this.#stepCount = count;
  }

  /**
   * One step on every parameter, in place where nobody else keeps its tensor.
   *
   * @param grads - One per parameter, in their order; they stay the caller's.
   * @param options - `learningRate`: for this step, as a schedule gives it; the optimizer's own by default.
   * @throws {ShapeError | DTypeError | BackendError | UsageError} if a gradient does not fit its parameter. Nothing has changed then.
   */
  step(grads: readonly Tensor[], { learningRate = this.#learningRate }: { readonly learningRate?: number } = {}): void {
    if (!option.nonNegative.accepts(learningRate))
      throw new OptionError(this.#type, 'learningRate', learningRate, option.nonNegative.allowed);
    checkGradients(this.#type, this.#targets, grads);
    const step = this.#stepCount + 1;
    this.#targets.forEach(({ parameter, update }, i) => {
      withLabel(parameter.name, () => tidy(() => update(this.#slots[i]!, grads[i]!, { learningRate, step }), this.#type));
    });
    this.#stepCount = step;
  }

  /** Frees the slots. The parameters stay. */
  dispose(): void {
    for (const slot of this.slots) slot.dispose();
  }
}

function checkParameters(type: string, parameters: readonly Variable[]): void {
  const names = new Set<string>();
  for (const { name, value } of parameters) {
    if (names.has(name)) throw new UsageError(`${type}: two parameters are named '${name}'`);
    if (!isFloat(value.dtype)) throw new DTypeError(`${type}: parameter '${name}' is ${value.dtype}; it must be float`);
    names.add(name);
  }
}

function checkGradients(type: string, targets: readonly Target[], grads: readonly Tensor[]): void {
  if (!Array.isArray(grads)) throw new UsageError(`${type}: the gradients are ${show(grads)}; they must be a list of tensors`);
  if (grads.length !== targets.length)
    throw new UsageError(`${type}: ${grads.length} gradients for ${targets.length} parameters`);
  targets.forEach(({ parameter: { name, value } }, i) => {
    const gradient = grads[i]!;
    const both = () => `${type}: parameter '${name}' is ${showSpec(value)}, its gradient ${showSpec(gradient)}`;
    if (!sameShape(gradient.shape, value.shape)) throw new ShapeError(both());
    if (gradient.dtype !== value.dtype) throw new DTypeError(`${both()}; use cast`);
    if (gradient.disposed) throw new UsageError(`${type}: the gradient of '${name}' was disposed`);
    if (gradient.backend !== value.backend)
      throw new BackendError(
        `${type}: parameter '${name}' is on '${value.backend.name}', its gradient on '${gradient.backend.name}'; move it with .to(backend)`,
      );
  });
}
