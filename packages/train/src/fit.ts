/** The training loop. */
import type { Batch, Loader } from '@cnn/data';
import { type Loss, modelToJSON, type Net } from '@cnn/layers';
import { clipByGlobalNorm, clipByValue, type Optimizer, type OptimizerState, type Schedule, scheduleOption } from '@cnn/optim';
import {
  capture,
  checkOptions,
  type Gradients,
  grad,
  option,
  ShapeError,
  show,
  showShape,
  type Tensor,
  tidy,
  UsageError,
  Variable,
} from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import type { Callback, TrainingRun } from './callback.js';
import { type CallbackState, type Checkpoint, captureVariables, restorer } from './checkpoint.js';
import { evaluate, imagesOf, targetsOf } from './evaluate.js';
import type { EpochLog, StopReason, TrainEvent } from './events.js';
import { findNonFinite, NonFiniteLossError, NonFiniteVariableError, nonFiniteVariable } from './guard.js';
import type { Classification } from './metrics.js';
import { callbackOption, loaderOption, netOption, optimizerOption, signalOption } from './option-rules.js';
import { pauses } from './pause.js';
import { limitNorms, penalty, type RegularisationGroup, regularised } from './regularisation.js';

/** Options of {@link fit}. */
export interface FitOptions {
  /** Its trainable parameters are trained. */
  readonly net: Net;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  /** The learning rate as a function of the epochs done, fractions included; the optimizer's own by default. */
  readonly schedule?: Schedule;
  readonly data: Loader;
  /** Evaluated after each epoch. */
  readonly validation?: Loader;
  readonly epochs: number;
  /** Keep the gradients' common norm, or each of their numbers, within a bound. */
  readonly clip?: { readonly norm?: number; readonly value?: number };
  /**
   * Batches to a step of the optimizer: their gradients are averaged, each image counting the same, as those of one large batch
   * for a loss that is a mean over images (batch norm still sees each batch by itself). An epoch's last step may have fewer.
   * Events tell of each batch as a step. Default 1.
   */
  readonly accumulate?: number;
  /** What the weights cost beside the loss, and the norms that they may have. Told as `penalty`, apart from the loss. */
  readonly regularisation?: readonly RegularisationGroup[];
  readonly callbacks?: readonly Callback[];
  /** Told of every step and epoch. */
  readonly onEvent?: (event: TrainEvent) => void;
  /** Ends the run between two steps; the result says so. */
  readonly signal?: AbortSignal;
  /** Go on from here. */
  readonly resume?: Checkpoint;
  /**
   * Run the kernels of a step from a list, to the same bits, where the step allows it (see `capture` of `@cnn/tensor`). Turn it
   * off for a loss or a layer that depends on more than its tensors and changes only later in the run. Default true.
   */
  readonly capture?: boolean;
}

/** What {@link fit} gives. */
export interface FitResult {
  readonly reason: StopReason;
  /** One row an epoch. */
  readonly history: readonly EpochLog[];
  /** Time inside training steps, those before a resume included. */
  readonly seconds: number;
  /** Images trained on, those before a resume included. */
  readonly images: number;
}

/**
 * Trains a net.
 *
 * The same net, data, options and seed give the same bits, also when the run is stopped and resumed.
 *
 * @throws {NonFiniteLossError} at the first loss that is NaN or infinite, with the step and the first layer at fault. That step
 * has changed nothing.
 * @throws {OptionError} for an unknown or impossible option. @throws {ShapeError} for images that the model does not take.
 * @throws {UsageError} for a checkpoint of another run, two callbacks of one name, or a net without trainable parameters.
 */
export async function fit(options: FitOptions): Promise<FitResult> {
  checkOptions(
    'fit',
    options,
    {
      net: netOption,
      loss: option.function,
      optimizer: optimizerOption,
      schedule: scheduleOption,
      data: loaderOption,
      validation: loaderOption,
      epochs: option.index,
      clip: option.any,
      accumulate: option.count,
      regularisation: option.list(option.any),
      callbacks: option.list(callbackOption),
      onEvent: option.function,
      signal: signalOption,
      resume: option.any,
      capture: option.boolean,
    },
    ['net', 'loss', 'optimizer', 'data', 'epochs'],
  );
  checkOptions('fit, clip', options.clip ?? {}, { norm: option.positive, value: option.positive });
  const names = (options.callbacks ?? []).map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice) throw new UsageError(`fit: two callbacks are named '${twice}'`);
  const run = new Run(options);
  try {
    return await run.run();
  } finally {
    run.dispose();
  }
}

/** What a step gives before anything is changed. */
type StepGradients = Gradients<{ readonly loss: Tensor; readonly hits: Tensor; readonly parts?: LossParts }>;

/** What the loss is the sum of where there is regularisation. */
interface LossParts {
  readonly loss: Tensor;
  readonly penalty: Tensor;
}

/** The figures of a step. */
interface StepFigures {
  readonly loss: number;
  readonly correct: number;
  readonly penalty?: number;
}

/** A run that is under way. */
class Run implements TrainingRun {
  readonly net: Net;
  readonly history: EpochLog[] = [];
  learningRateScale = 1;
  readonly #options: FitOptions;
  readonly #parameters;
  readonly #state: OptimizerState;
  /** Sums of gradients times images, one a parameter, where several batches make a step. */
  readonly #sums: readonly Variable[];
  readonly #fingerprint: Checkpoint['fingerprint'];
  readonly #pause = pauses();
  readonly #gradients: (images: Tensor, targets: Tensor) => StepGradients;
  #epoch = 0;
  #batch = 0;
  #step = 0;
  #loss = 0;
  #penalty = 0;
  #correct = 0;
  #images = 0;
  #totalImages = 0;
  #seconds = 0;
  #epochSeconds = 0;
  #learningRate = 0;
  #stopped = false;

  constructor(options: FitOptions) {
    this.#options = options;
    this.net = options.net;
    const shape = options.data.batchShape.slice(1);
    const expected = options.net.plan.inputShapes[0]!;
    if (showShape(shape) !== showShape(expected)) {
      throw new ShapeError(`fit: the images are ${showShape(shape)}, the model takes ${showShape(expected)}`);
    }
    if (options.net.plan.outputs.length !== 1) {
      throw new UsageError(`fit: the model has ${options.net.plan.outputs.length} outputs; write a loop with grad for those`);
    }
    const [scores, ...more] = options.net.outputShape;
    const classes = options.data.dataset.classes.length;
    if (more.length === 0 && scores! < classes) {
      throw new ShapeError(
        `fit: the model gives ${scores} scores for an image, ${options.data.dataset.name} has ${classes} classes`,
      );
    }
    this.#parameters = options.net.trainable;
    if (this.#parameters.length === 0) throw new UsageError('fit: the net has no trainable parameters');
    regularised(this.net, options.regularisation ?? []);
    this.#fingerprint = fingerprintOf(options);
    const gradients = (images: Tensor, targets: Tensor) => this.#differentiate(images, targets);
    this.#gradients = options.capture === false ? gradients : capture(gradients, options.net.variables);
    this.#state = options.optimizer.init(this.#parameters);
    this.#sums = this.#accumulate > 1 ? zerosLike(this.#parameters) : [];
    try {
      if (options.resume) this.#restore(options.resume);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  async run(): Promise<FitResult> {
    const { epochs, data } = this.#options;
    await this.#tell({ type: 'start', epochs, batches: data.batches, step: this.#step });
    const reason = await this.#train();
    // A last step that went wrong shows in no loss.
    const damaged = await nonFiniteVariable(this.net);
    if (damaged) throw new NonFiniteVariableError(this.#step, damaged);
    await this.#tell({ type: 'end', reason });
    return { reason, history: this.history, seconds: this.#seconds, images: this.#totalImages };
  }

  async #train(): Promise<StopReason> {
    const { epochs, data, signal } = this.#options;
    while (this.#epoch < epochs) {
      if (this.#stopped) return 'stopped';
      for await (const batch of data.epoch(this.#epoch, { startBatch: this.#batch })) {
        if (signal?.aborted) return 'aborted';
        await this.#trainOn(batch);
        if (this.#stopped) return 'stopped';
        await this.#pause();
      }
      if (signal?.aborted || !(await this.#endEpoch())) return 'aborted';
    }
    return this.#stopped ? 'stopped' : 'finished';
  }

  stop(): void {
    this.#stopped = true;
  }

  async checkpoint(): Promise<Checkpoint> {
    await this.net.backend.flush();
    return {
      fingerprint: this.#fingerprint,
      epoch: this.#epoch,
      batch: this.#batch,
      step: this.#step,
      optimizerSteps: this.#state.stepCount,
      learningRate: this.#learningRate,
      learningRateScale: this.learningRateScale,
      images: this.#totalImages,
      running: {
        loss: this.#loss,
        correct: this.#correct,
        images: this.#images,
        ...(this.#options.regularisation && { penalty: this.#penalty }),
      },
      seconds: { total: this.#seconds, epoch: this.#epochSeconds },
      history: [...this.history],
      callbacks: await this.#savedCallbacks(),
      tensors: await captureVariables(this.#saved),
    };
  }

  async #savedCallbacks(): Promise<Checkpoint['callbacks']> {
    const saved: Record<string, CallbackState> = {};
    for (const callback of this.#callbacks) if (callback.save) saved[callback.name] = await callback.save();
    return saved;
  }

  dispose(): void {
    for (const callback of this.#callbacks) callback.dispose?.();
    for (const sum of this.#sums) sum.dispose();
    this.#state.dispose();
  }

  /** All that is on the backend between two steps. */
  get #saved(): readonly Variable[] {
    return [...this.net.variables, ...this.#state.slots, ...this.#sums];
  }

  get #accumulate(): number {
    return this.#options.accumulate ?? 1;
  }

  get #callbacks(): readonly Callback[] {
    return this.#options.callbacks ?? [];
  }

  /** Whatever may be wrong with a checkpoint is found before the net is touched. */
  #restore(from: Checkpoint): void {
    refuseOther(from.fingerprint, this.#fingerprint);
    const assign = restorer(this.#saved, from.tensors, 'checkpoint');
    for (const callback of this.#callbacks) {
      const state = from.callbacks[callback.name];
      if (state) callback.restore?.(state);
    }
    this.#state.stepCount = from.optimizerSteps;
    this.#epoch = from.epoch;
    this.#batch = from.batch;
    this.#step = from.step;
    this.#learningRate = from.learningRate;
    this.learningRateScale = from.learningRateScale;
    this.#totalImages = from.images;
    this.#loss = from.running.loss;
    this.#penalty = from.running.penalty ?? 0;
    this.#correct = from.running.correct;
    this.#images = from.running.images;
    this.#seconds = from.seconds.total;
    this.#epochSeconds = from.seconds.epoch;
    this.history.push(...from.history);
    assign();
  }

  async #tell(event: TrainEvent): Promise<void> {
    this.#options.onEvent?.(event);
    for (const callback of this.#callbacks) await callback.onEvent?.(event, this);
    for (const callback of this.#callbacks) await callback.afterEvent?.(event, this);
  }

  async #trainOn(batch: Batch): Promise<void> {
    const { optimizer, schedule, data, epochs } = this.#options;
    const started = performance.now();
    const base = schedule ? schedule.at(this.#epoch + this.#batch / data.batches) : (optimizer.config.learningRate as number);
    this.#learningRate = base * this.learningRateScale;
    const { loss, penalty, correct } = await this.#update(batch);
    const seconds = (performance.now() - started) / 1000;
    this.#seconds += seconds;
    this.#epochSeconds += seconds;
    this.#loss += loss * batch.size;
    this.#penalty += (penalty ?? 0) * batch.size;
    this.#correct += correct;
    this.#images += batch.size;
    this.#totalImages += batch.size;
    this.#batch++;
    this.#step++;
    await this.#tell({
      type: 'step',
      step: this.#step,
      epoch: this.#epoch + 1,
      batch: this.#batch,
      batches: data.batches,
      epochs,
      loss,
      ...(penalty !== undefined && { penalty }),
      accuracy: correct / batch.size,
      learningRate: this.#learningRate,
      images: this.#totalImages,
      seconds: this.#seconds,
    });
  }

  /** One step: forward, backward, update. The loss is looked at before anything is changed. */
  async #update(batch: Batch): Promise<StepFigures> {
    const { net } = this;
    const { regularisation = [] } = this.#options;
    const step = this.#step;
    const { images, result } = tidy(() => {
      const images = imagesOf(net, batch);
      return { images, result: this.#gradients(images, targetsOf(net, batch)) };
    });
    const { hits, parts } = result.aux;
    let updates = Object.values(result.updates);
    try {
      const [correct, loss, penalty] = await read(hits, ...(parts ? [parts.loss, parts.penalty] : [result.loss]));
      if (!Number.isFinite(loss)) throw new NonFiniteLossError(step + 1, loss!, await findNonFinite(net, images, step));
      if (parts && !Number.isFinite(penalty))
        throw new NonFiniteLossError(step + 1, loss! + penalty!, `the penalty of the weights is ${penalty}`);
      tidy(() => {
        const grads = this.#accumulate > 1 ? this.#accumulated(result.grads, batch.size) : result.grads;
        if (!grads) return;
        this.#state.step(this.#clipped(grads), { learningRate: this.#learningRate });
        limitNorms(net, regularisation);
      });
      net.commit(result.updates);
      updates = [];
      return { loss: loss!, correct: correct!, ...(parts && { penalty: penalty! }) };
    } finally {
      const summands = parts ? [parts.loss, parts.penalty] : [];
      for (const held of [images, result.loss, hits, ...summands, ...result.grads, ...updates]) held.dispose();
    }
  }

  /** The loss, the hits and the gradients of a batch. */
  #differentiate(images: Tensor, targets: Tensor): StepGradients {
    const { loss: lossOf, regularisation } = this.#options;
    return grad(({ update }) => {
      const logits = this.net.apply(images, { training: true, step: this.#step, update });
      const loss = lossOf(logits, targets);
      const hits = countHits(logits, targets);
      if (!regularisation) return { loss, hits };
      const parts = { loss, penalty: penalty(this.net, regularisation) };
      return { loss: ops.add(parts.loss, parts.penalty), hits, parts };
    }, this.#parameters);
  }

  /** Adds to the sums. Gives the mean over all images since the last step, and empties the sums, where it is time for a step. */
  #accumulated(grads: readonly Tensor[], size: number): readonly Tensor[] | undefined {
    const { batches, batchSize } = this.#options.data;
    const sums = grads.map((gradient, i) => ops.add(this.#sums[i]!.value, ops.mul(gradient, size)));
    const before = this.#batch % this.#accumulate;
    const isLast = before + 1 === this.#accumulate || this.#batch + 1 === batches;
    this.#sums.forEach((sum, i) => {
      sum.assign(isLast ? ops.fillLike(sum.value, 0) : sums[i]!);
    });
    // The batches before this one were full, since only an epoch's last may not be.
    return isLast ? sums.map(sum => ops.div(sum, before * batchSize + size)) : undefined;
  }

  #clipped(grads: readonly Tensor[]): readonly Tensor[] {
    const { norm, value } = this.#options.clip ?? {};
    const within = value === undefined ? grads : clipByValue(grads, value);
    return norm === undefined ? within : clipByGlobalNorm(within, norm).grads;
  }

  /** Gives false if the signal came while the net was evaluated; the epoch has not ended then. */
  async #endEpoch(): Promise<boolean> {
    const { validation, signal } = this.#options;
    let test: Classification | undefined;
    try {
      test = validation && (await this.#validate(validation));
    } catch (error) {
      if (signal?.aborted && error === signal.reason) return false;
      throw error;
    }
    const log: EpochLog = {
      epoch: this.#epoch + 1,
      trainLoss: this.#loss / this.#images,
      ...(this.#options.regularisation && { penalty: this.#penalty / this.#images }),
      trainAccuracy: this.#correct / this.#images,
      ...(test && { testLoss: test.loss, testAccuracy: test.accuracy }),
      learningRate: this.#learningRate,
      seconds: this.#epochSeconds,
      imagesPerSecond: this.#images / this.#epochSeconds,
    };
    this.history.push(log);
    this.#epoch++;
    this.#batch = 0;
    this.#loss = 0;
    this.#penalty = 0;
    this.#correct = 0;
    this.#images = 0;
    this.#epochSeconds = 0;
    await this.#tell({ type: 'epochEnd', ...log });
    return true;
  }

  async #validate(data: Loader): Promise<Classification> {
    const { net } = this;
    const { loss, signal } = this.#options;
    const result = await evaluate({ net, loss, data, ...(signal && { signal }) });
    if (Number.isFinite(result.loss)) return result;
    const damaged = await nonFiniteVariable(net);
    const origin = damaged ? `'${damaged}' already held a value that is not finite` : 'every weight is finite';
    throw new NonFiniteLossError(this.#step, result.loss, `it is the loss of the validation images; ${origin}`);
  }
}

/** What must be the same for a checkpoint to be of the same run, as plain JSON. */
function fingerprintOf({
  net,
  optimizer,
  schedule,
  data,
  clip,
  regularisation,
  accumulate = 1,
}: FitOptions): Checkpoint['fingerprint'] {
  const { dataset, batchSize, batches, settings } = data;
  const topics = {
    model: modelToJSON(net.model).model,
    dtype: net.dtype,
    seed: net.seed,
    trained: net.trainable.map(({ name }) => name),
    optimizer,
    schedule: schedule ?? null,
    clip: clip ?? null,
    ...(accumulate > 1 && { accumulate }),
    ...(regularisation && { regularisation }),
    data: { name: dataset.name, length: dataset.length, batchSize, batches, ...settings },
  };
  return JSON.parse(JSON.stringify(topics));
}

function refuseOther(theirs: Checkpoint['fingerprint'], ours: Checkpoint['fingerprint']): void {
  const differ = Object.keys({ ...theirs, ...ours }).filter(
    topic => JSON.stringify(theirs[topic]) !== JSON.stringify(ours[topic]),
  );
  if (differ.length === 0) return;
  const each = differ.map(topic => `its ${topic} is ${show(theirs[topic])}, here ${show(ours[topic])}`);
  throw new UsageError(`fit: the checkpoint is of another run: ${each.join('; ')}`);
}

/** Zeros for each parameter. */
function zerosLike(parameters: readonly Variable[]): readonly Variable[] {
  const zeros = tidy(() => parameters.map(({ value }) => ops.fillLike(value, 0)));
  return parameters.map(({ name }, i) => new Variable(`${name}/accumulated`, zeros[i]!));
}

/** How many rows of [n, classes] have their highest score where the target has. */
const countHits = (logits: Tensor, targets: Tensor): Tensor =>
  tidy(() => {
    const labels = targets.dtype === 'int32' ? targets : ops.argMax(targets, -1);
    return ops.sum(ops.equal(ops.argMax(logits, -1), labels));
  });

/** Scalars, at once where the backend can, since a wait costs a turn of the event loop in every step. */
async function read(...scalars: readonly Tensor[]): Promise<number[]> {
  if (scalars[0]!.backend.readSync) return scalars.map(scalar => scalar.dataSync()[0]!);
  return Promise.all(scalars.map(scalar => scalar.item()));
}
