/** Training that may be stopped, changed and moved to another backend between any two steps. */
import { type Batch, type Dataset, type Loader, loader, normalise, toFloat } from '@cnn/data';
import { losses, type Net, type NormaliseJSON } from '@cnn/layers';
import { adadelta, adagrad, adam, adamW, type Optimizer, type OptimizerState, rmsprop, sgd } from '@cnn/optim';
import { type AnyBackend, capture, type Gradients, grad, type Tensor, tensor, tidy } from '@cnn/tensor';
import { argMax, equal, sum } from '@cnn/tensor/ops';
import { findNonFinite, NonFiniteLossError } from '@cnn/train';
import type { TrainingSettings } from '../protocol.js';
import { augmentation } from './augmentation.js';

/** The loss that everything here is trained with. */
export const lossOf = losses.softmaxCrossEntropy();

const optimizers: Readonly<Record<TrainingSettings['optimizer'], (settings: TrainingSettings) => Optimizer>> = {
  sgd: ({ learningRate, momentum, weightDecay }) => sgd({ learningRate, momentum, weightDecay }),
  adam: ({ learningRate, weightDecay }) => adam({ learningRate, weightDecay }),
  adamW: ({ learningRate, weightDecay }) => adamW({ learningRate, weightDecay }),
  rmsprop: ({ learningRate, weightDecay }) => rmsprop({ learningRate, weightDecay }),
  adagrad: ({ learningRate, weightDecay }) => adagrad({ learningRate, weightDecay }),
  adadelta: ({ learningRate, weightDecay }) => adadelta({ learningRate, weightDecay }),
};

/** What a step gave. */
export interface StepResult {
  readonly loss: number;
  readonly correct: number;
  readonly images: number;
}

type StepGradients = Gradients<{ readonly loss: Tensor; readonly hits: Tensor }>;

/** A net in training. */
export class Trainer {
  /** Steps made. */
  step = 0;
  /** Images trained on. */
  images = 0;
  #net: Net;
  #settings: TrainingSettings;
  #state: OptimizerState;
  #gradients: (images: Tensor, targets: Tensor) => StepGradients;
  #batches: AsyncIterator<Batch> | undefined;
  #pass = 0;

  constructor(
    net: Net,
    readonly data: Dataset,
    readonly scaling: NormaliseJSON,
    settings: TrainingSettings,
  ) {
    this.#net = net;
    this.#settings = settings;
    this.#state = optimizers[settings.optimizer](settings).init(net.trainable);
    this.#gradients = this.#captured();
  }

  get net(): Net {
    return this.#net;
  }

  /** What the optimizer keeps, by the names of its slots. */
  get slots(): OptimizerState['slots'] {
    return this.#state.slots;
  }

  /**
   * Takes new settings, from the next step on. What the optimizer has gathered stays where it keeps the same; new batches or augmentation
   * begin a new pass over the data.
   *
   * @throws {OptionError} for an impossible one; nothing has changed then.
   */
  configure(settings: TrainingSettings): void {
    const next = optimizers[settings.optimizer](settings).init(this.#net.trainable);
    try {
      this.#loader(settings);
    } catch (error) {
      next.dispose();
      throw error;
    }
    if (settings.optimizer === this.#settings.optimizer) {
      const before = new Map(this.#state.slots.map(slot => [slot.name, slot.value]));
      const data = next.slots.flatMap(slot => (before.has(slot.name) ? [[slot, before.get(slot.name)!] as const] : []));
      for (const [slot, value] of data) slot.assign(tidy(() => tensor(value.backend, value.dataSync(), { shape: value.shape })));
      // A velocity that is new takes its first gradient whole.
      if (data.length === next.slots.length) next.stepCount = this.#state.stepCount;
    }
    this.#state.dispose();
    this.#state = next;
    const { batchSize, augmentation: names } = this.#settings;
    if (settings.batchSize !== batchSize || settings.augmentation.join() !== names.join()) this.#batches = undefined;
    this.#settings = settings;
  }

  /**
   * One training step. The loss is looked at before anything is changed.
   *
   * @throws {NonFiniteLossError} where the loss is no number, with the layer at fault.
   */
  async trainStep(): Promise<StepResult> {
    const batch = await this.#nextBatch();
    const { images, result } = tidy(() => {
      const images = tensor(this.#net.backend, batch.images, { shape: [batch.size, ...batch.shape] });
      const targets = tensor(this.#net.backend, batch.labels, { dtype: 'int32' });
      return { images, result: this.#gradients(images, targets) };
    });
    let updates = Object.values(result.updates);
    try {
      const [loss, correct] = [await result.loss.item(), await result.aux.hits.item()];
      if (!Number.isFinite(loss))
        throw new NonFiniteLossError(this.step + 1, loss, await findNonFinite(this.#net, images, this.step));
      this.#state.step(result.grads);
      this.#net.commit(result.updates);
      updates = [];
      this.step++;
      this.images += batch.size;
      return { loss, correct, images: batch.size };
    } finally {
      for (const held of [images, result.loss, result.aux.hits, ...result.grads, ...updates]) held.dispose();
    }
  }

  /** Goes on with the same weights and the same optimizer state on another backend. The old net is freed. */
  async moveTo(backend: AnyBackend): Promise<void> {
    const net = await this.#net.to(backend);
    const state = optimizers[this.#settings.optimizer](this.#settings).init(net.trainable);
    for (const [i, slot] of state.slots.entries()) slot.assign(await this.#state.slots[i]!.value.to(backend));
    state.stepCount = this.#state.stepCount;
    this.#state.dispose();
    this.#net.dispose();
    this.#net = net;
    this.#state = state;
    this.#gradients = this.#captured();
  }

  dispose(): void {
    this.#state.dispose();
    this.#net.dispose();
  }

  #captured(): (images: Tensor, targets: Tensor) => StepGradients {
    return capture((images, targets) => this.#differentiate(images, targets), this.#net.variables);
  }

  #differentiate(images: Tensor, targets: Tensor): StepGradients {
    return grad(({ update }) => {
      const logits = this.#net.apply(images, { training: true, step: this.step, update });
      return { loss: lossOf(logits, targets), hits: sum(equal(argMax(logits, -1), targets)) };
    }, this.#net.trainable);
  }

  #loader({ batchSize, augmentation: names }: TrainingSettings): Loader {
    const { before, after } = augmentation(names, this.data.shape);
    return loader(this.data, {
      batchSize,
      shuffle: true,
      seed: this.#net.seed,
      transforms: [...before, toFloat(), normalise(this.scaling), ...after],
    });
  }

  async #nextBatch(): Promise<Batch> {
    for (;;) {
      this.#batches ??= this.#loader(this.#settings)
        .epoch(this.#pass++)
        [Symbol.asyncIterator]();
      const { value, done } = await this.#batches.next();
      if (!done) return value;
      this.#batches = undefined;
    }
  }
}
