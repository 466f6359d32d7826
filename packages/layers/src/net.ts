/** A model with its weights. */
import {
  type AnyBackend,
  alias,
  checkOptions,
  type DType,
  option,
  randomKey,
  type Shape,
  ShapeError,
  sameShape,
  showShape,
  type Tensor,
  tensor,
  tidy,
  UsageError,
  Variable,
} from '@cnn/tensor';
import { type Graph, sequential } from './graph.js';
import type { Layer, Slot } from './layer.js';
import { forwardLayer, forwardPair, inLayer, type Plan, type PlannedLayer, planModel, shapesOf } from './plan.js';

/** Options of {@link initialise}. */
export interface InitialiseOptions {
  /** Where the weights will live. */
  readonly backend: AnyBackend;
  /** The input's shape without the batch axis, as [channels, height, width]; a list of shapes for a model with several inputs. */
  readonly input: Shape | readonly Shape[];
  /** Chooses the first weights and every random number of training. Default 0. */
  readonly seed?: number;
  /** Default 'float32'. */
  readonly dtype?: Extract<DType, 'float32' | 'float64'>;
}

/** Options of {@link Net.apply}. */
export interface ApplyOptions {
  /** Default false. */
  readonly training?: boolean;
  /** The step of training, which keys random numbers. Default 0. */
  readonly step?: number;
  /** Takes the next values of state variables, by name; `grad` gives one. Without it they are dropped. Assign or read what it is given: it is freed with the layer's scope. */
  readonly update?: (name: string, next: Tensor) => void;
  /** Is shown every layer's output as it is made; the tensor may be freed when `observe` returns. */
  readonly observe?: (path: string, output: Tensor) => void;
}

/** Which variables are meant: those whose name matches, or begins with this path. */
export type VariableMatch = string | RegExp;

const matches = (name: string, match: VariableMatch): boolean =>
  typeof match === 'string' ? name === match || name.startsWith(`${match}.`) : match.test(name);

const initialiseRules = {
  backend: option.any,
  input: option.any,
  seed: option.integer,
  dtype: option.oneOf('float32', 'float64'),
};

const applyRules = { training: option.boolean, step: option.index, update: option.any, observe: option.any };

/**
 * Gives a model its weights.
 *
 * @throws {OptionError} for an unknown or impossible option.
 * @throws {ShapeError | OptionError} where a layer does not fit its input, with the layer's path.
 */
export function initialise(model: Graph | Layer, options: InitialiseOptions): Net {
  checkOptions('initialise', options, initialiseRules, ['backend', 'input']);
  const { backend, input, seed = 0, dtype = 'float32' } = options;
  const graph = model.kind === 'graph' ? model : sequential([model]);
  const plan = planModel(graph, shapesOf(input));
  const make = (name: string, { shape, initialiser }: Slot): Tensor =>
    tensor(backend, initialiser(shape, randomKey(seed, name)), { shape, dtype });
  return new Net(graph, plan, { backend, seed, dtype }, make);
}

/** A model with weights on a backend. Made by {@link initialise}. */
export class Net {
  readonly backend: AnyBackend;
  readonly dtype: DType;
  readonly seed: number;
  /** What is trained, in the order of the model, named by path: `features.0.weight`. */
  readonly parameters: readonly Variable[];
  /** What layers carry along, such as running statistics. */
  readonly state: readonly Variable[];
  readonly #variables = new Map<string, Variable>();
  readonly #frozen = new Set<Variable>();

  /** @internal */
  constructor(
    readonly model: Graph,
    readonly plan: Plan,
    { backend, seed, dtype }: { backend: AnyBackend; seed: number; dtype: DType },
    make: (name: string, slot: Slot) => Tensor,
  ) {
    this.backend = backend;
    this.dtype = dtype;
    this.seed = seed;
    const declared = plan.layers.flatMap(({ path, slots }) =>
      Object.entries(slots).flatMap(([key, slot]) => (slot ? [{ name: `${path}.${key}`, slot }] : [])),
    );
    // All tensors before the first variable: a scope frees them where one cannot be made.
    const tensors = tidy(() => declared.map(({ name, slot }) => make(name, slot)));
    const parameters: Variable[] = [];
    const state: Variable[] = [];
    declared.forEach(({ name, slot }, i) => {
      const variable = new Variable(name, tensors[i]!);
      this.#variables.set(name, variable);
      (slot.kind === 'parameter' ? parameters : state).push(variable);
    });
    this.parameters = parameters;
    this.state = state;
  }

  /** Parameters and state. */
  get variables(): readonly Variable[] {
    return [...this.parameters, ...this.state];
  }

  /** The parameters that are not frozen. */
  get trainable(): readonly Variable[] {
    return this.parameters.filter(variable => !this.#frozen.has(variable));
  }

  /** The shape of the first output without the batch axis. */
  get outputShape(): Shape {
    return this.plan.outputShapes[0]!;
  }

  /** A variable by name. @throws {UsageError} if there is none. */
  variable(name: string): Variable {
    const found = this.#variables.get(name);
    if (!found) throw new UsageError(`net: no variable '${name}'; there are ${[...this.#variables.keys()].join(', ')}`);
    return found;
  }

  /** Keeps parameters from being trained. @returns how many it froze. @throws {UsageError} if none matches. */
  freeze(match: VariableMatch): number {
    return this.#mark(match, variable => this.#frozen.add(variable));
  }

  /** Lets parameters be trained again. @throws {UsageError} if none matches. */
  unfreeze(match: VariableMatch): number {
    return this.#mark(match, variable => this.#frozen.delete(variable));
  }

  #mark(match: VariableMatch, change: (variable: Variable) => void): number {
    const found = this.parameters.filter(variable => matches(variable.name, match));
    if (found.length === 0)
      throw new UsageError(`net: no parameter matches ${match}; there are ${this.parameters.map(v => v.name).join(', ')}`);
    for (const variable of found) change(variable);
    return found.length;
  }

  /**
   * The output for a batch [n, ...input]; the outputs, as a list, of a model with several.
   *
   * @throws {ShapeError} if the batch does not fit the model's input. @throws {UsageError} if it is no tensor.
   * @throws {OptionError} for an unknown or impossible option.
   */
  apply(x: Tensor, options?: ApplyOptions): Tensor;
  apply(x: Tensor | readonly Tensor[], options?: ApplyOptions): Tensor | Tensor[];
  apply(x: Tensor | readonly Tensor[], options: ApplyOptions = {}): Tensor | Tensor[] {
    checkOptions('net.apply', options, applyRules);
    const { training = false, step = 0, update = () => {}, observe } = options;
    const { layers, outputs, inputShapes } = this.plan;
    const inputs = Array.isArray(x) ? (x as readonly Tensor[]) : [x as Tensor];
    if (inputs.length !== inputShapes.length)
      throw new ShapeError(`the model has ${inputShapes.length} inputs (${this.model.inputs.join(', ')}); got ${inputs.length}`);
    inputShapes.forEach((shape, i) => {
      const given = inputs[i]!;
      // By its shape: of a tensor of another copy of the core, the core itself says so.
      if (!Array.isArray(given?.shape)) throw new UsageError(`net.apply: input '${this.model.inputs[i]}' is not a tensor`);
      if (!sameShape(given.shape.slice(1), shape) || given.shape.length !== shape.length + 1)
        throw new ShapeError(
          `the model's input '${this.model.inputs[i]}' is [${['n', ...shape].join(', ')}]; got ${showShape(given.shape)}`,
        );
    });
    const uses = new Map(this.plan.readers);
    const followers = observe ? new Map<number, number>() : this.plan.followers;
    return tidy(() => {
      const values = new Map<number, Tensor>(inputs.map((input, i) => [-1 - i, input]));
      layers.forEach((planned, i) => {
        // A layer that ran together with the one before it.
        if (values.has(i)) return;
        const { path, layer, inputs: sources } = planned;
        const fed = sources.map(source => values.get(source)!);
        const follower = followers.get(i);
        const next = follower === undefined ? undefined : layers[follower];
        const output = inLayer(path, layer, () => this.#run(planned, fed, { training, step, update }, next));
        observe?.(path, output);
        values.set(follower ?? i, output);
        // What no later layer reads is let go at once; a tape keeps what its gradients need.
        for (const source of sources) {
          const left = uses.get(source)! - 1;
          uses.set(source, left);
          if (left === 0 && source >= 0) values.get(source)!.dispose();
        }
      });
      const results = outputs.map(value => (value < 0 ? alias(values.get(value)!) : values.get(value)!));
      return results.length === 1 ? results[0]! : results;
    }, 'net.apply');
  }

  #run(
    { path, layer, slots }: PlannedLayer,
    inputs: readonly Tensor[],
    { training, step, update }: Required<Omit<ApplyOptions, 'observe'>>,
    next?: PlannedLayer,
  ): Tensor {
    return tidy(() => {
      const tensors: Record<string, Tensor | undefined> = {};
      for (const key of Object.keys(slots)) tensors[key] = this.#variables.get(`${path}.${key}`)?.value;
      const { seed } = this;
      const context = {
        training,
        // Few layers are random, and to hash a path takes as long as a small op.
        get key() {
          return randomKey(seed, path, step);
        },
        update: (name: string, next: Tensor): void => update(`${path}.${name}`, next),
      };
      // A layer may give back its input or its weight, which are not the caller's to dispose.
      return alias(next ? forwardPair(layer, next.layer, inputs, tensors) : forwardLayer(layer, inputs, tensors, context));
    }, path);
  }

  /** Assigns the next values of state variables, as `grad` gives them in `updates`. */
  commit(updates: Readonly<Record<string, Tensor>>): void {
    for (const [name, next] of Object.entries(updates)) this.variable(name).assign(next);
  }

  /** A copy with its weights on another backend, frozen as this one. */
  async to(backend: AnyBackend): Promise<Net> {
    const copies = new Map(
      await Promise.all(this.variables.map(async ({ name, value }) => [name, await value.to(backend)] as const)),
    );
    const net = new Net(this.model, this.plan, { backend, seed: this.seed, dtype: this.dtype }, name => copies.get(name)!);
    for (const { name } of this.#frozen) net.#frozen.add(net.variable(name));
    return net;
  }

  /** Frees all weights and state. */
  dispose(): void {
    for (const variable of this.variables) variable.dispose();
  }
}
