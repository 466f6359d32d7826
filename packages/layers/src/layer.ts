/** Layers are plain data: a definition and a config. Tensors appear only when a model is initialised. */
import { checkOptions, type OptionRule, type RandomKey, type Shape, type Tensor } from '@cnn/tensor';
import type { Initialiser } from './initialisers.js';

/** A tensor that a layer will have: trained, or carried along as state. */
export interface Slot {
  readonly shape: Shape;
  readonly initialiser: Initialiser;
  /** A parameter is trained; state, such as a running mean, is updated by the layer itself. */
  readonly kind: 'parameter' | 'state';
}

/** Declares the tensors of a layer. */
export interface Slots {
  /** A tensor that is trained. */
  param(shape: Shape, initialiser: Initialiser): Slot;
  /** A tensor that the layer carries along and renews with `context.update`. */
  state(shape: Shape, initialiser: Initialiser): Slot;
}

/** What a layer's forward pass knows beside its inputs. There is no global mode. */
export interface LayerContext {
  /** Whether the pass is for training: dropout drops, batch normalisation uses the batch. */
  readonly training: boolean;
  /** The key of this layer's random numbers in this step. */
  readonly key: RandomKey;
  /** Hands out the next value of a state tensor, which the trainer commits after the step. */
  update(name: string, next: Tensor): void;
}

/** The tensors that an `init` declared, by name. */
export type SlotTensors<S> = { readonly [K in keyof S]: S[K] extends Slot ? Tensor : Tensor | undefined };

/** What {@link defineLayer} takes. */
export interface LayerDefinition<C extends object, S, X extends Tensor | readonly Tensor[] = Tensor> {
  /** The name in model files; a plugin's is 'scope/name'. */
  readonly type: string;
  /** A rule per option; an option without a rule is an error. Default: the layer takes no options. */
  readonly options?: { readonly [K in keyof Required<C>]: OptionRule };
  /** Options that must be given. */
  readonly required?: readonly (keyof C & string)[];
  /** Takes a list of tensors rather than one. */
  readonly tuple?: X extends Tensor ? false : true;
  /** The layer's tensors for an input shape without the batch axis, as [c, h, w]; a layer with several inputs gets the first's. */
  init?(config: C, input: Shape, slots: Slots): S;
  /**
   * What this layer and the next do as one, by the next's type: the same numbers in less time. It is used where the next layer alone
   * reads this layer's output and nobody watches it.
   */
  readonly followedBy?: Readonly<
    Record<string, (x: X, tensors: SlotTensors<S>, config: C, next: Readonly<Record<string, unknown>>) => Tensor>
  >;
  /** The output for a batch. A pure function: what it learns of the batch it hands to `context.update`. */
  forward(x: X, tensors: SlotTensors<S>, config: C, context: LayerContext): Tensor;
}

/** A definition whose types do not matter to the holder. */
export type AnyLayerDefinition = LayerDefinition<object, Record<string, Slot | undefined>, never>;

/** A layer in a model: which kind, and how configured. */
export interface Layer {
  readonly kind: 'layer';
  readonly definition: AnyLayerDefinition;
  readonly config: Readonly<Record<string, unknown>>;
}

type Arguments<C extends object> = Record<string, never> extends C ? [config?: C] : [config: C];

/** Makes layers of one kind. */
export interface LayerFactory<C extends object> {
  (...config: Arguments<C>): Layer;
  readonly definition: AnyLayerDefinition;
}

/**
 * Defines a kind of layer and gives the function that makes them.
 *
 * @example
 * const scale = defineLayer({
 *   type: 'acme/scale',
 *   init: (_: { }, [channels], { param }) => ({ weight: param([channels!, 1, 1], ones) }),
 *   forward: (x, { weight }) => ops.mul(x, weight),
 * });
 */
/* @__NO_SIDE_EFFECTS__ */
export function defineLayer<C extends object, S = Record<never, never>, X extends Tensor | readonly Tensor[] = Tensor>(
  definition: LayerDefinition<C, S, X>,
): LayerFactory<C> {
  const plain = definition as unknown as AnyLayerDefinition;
  const make = (...[config]: Arguments<C>): Layer => layerOf(plain, config ?? {});
  return Object.assign(make, { definition: plain });
}

/** A layer of a definition. @throws {OptionError} for an unknown or impossible option. */
export function layerOf(definition: AnyLayerDefinition, config: object): Layer {
  const { type, options = {}, required } = definition;
  checkOptions(type, config, options as Readonly<Record<string, OptionRule>>, required);
  return { kind: 'layer', definition, config: { ...config } };
}
