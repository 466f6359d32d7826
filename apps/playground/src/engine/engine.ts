/** What the page asks of the engine, and the loop of training steps. Runs in a worker, and in Node for tests. */
import {
  type DatasetPair,
  digits,
  type ImageShape,
  limit,
  loader,
  normalise,
  statistics,
  type Transform,
  toFloat,
} from '@cnn/data';
import {
  initialise,
  loadWeights,
  MODEL_KEY,
  modelToJSON,
  type Net,
  type NormaliseJSON,
  netToSafetensors,
  parseSafetensors,
} from '@cnn/layers';
import { FormatError, type Tensor, tensor, UsageError } from '@cnn/tensor';
import { evaluate, predict } from '@cnn/train';
import {
  type BackendChoice,
  type BackendInfo,
  type Commands,
  type DataInfo,
  type DroppedFile,
  type EngineEvent,
  type Evaluation,
  type Exported,
  firstSettings,
  type GlassBox,
  type Inspection,
  type NetworkInfo,
  type Prediction,
  type PresetName,
  type Progress,
  type TrainingSettings,
} from '../protocol.js';
import { formatJson } from '../text/format-json.js';
import { type OpenBackend, openBackend } from './backends.js';
import { glassBoxOf } from './glass-box.js';
import { type ReadModel, readModel } from './model-text.js';
import { picturesOf } from './pictures.js';
import { presetText } from './presets.js';
import { lossOf, Trainer } from './trainer.js';

/** Of generated digits; there are a fifth as many to test with. */
const DIGITS = 5000;
/** Test images that an evaluation looks at. */
const MOST_EVALUATED = 1000;
const EVALUATED_AT_ONCE = 250;
const MOST_WORST = 24;
/** Images from which mean and deviation are taken. */
const MOST_MEASURED = 10_000;

/** How long training runs before the worker looks for messages, in milliseconds. */
const SLICE = 12;
/** How often progress is told, in milliseconds. */
const REPORT_EVERY = 200;
/** Evaluations are at least this far apart, in milliseconds, and take at most a tenth of the time. */
const EVALUATE_EVERY = 2000;

/** A dataset and what was measured of it. */
interface OpenData extends DatasetPair {
  readonly info: DataInfo;
  readonly scaling: NormaliseJSON;
}

/** Answers one command at a time; a training step is never cut in two. */
export class Engine {
  readonly #tell: (event: EngineEvent) => void;
  #turn: Promise<unknown> = Promise.resolve();
  #data: OpenData | undefined;
  #open: OpenBackend | undefined;
  #trainer: Trainer | undefined;
  #settings: TrainingSettings = firstSettings;
  /** The run under way. */
  #running: symbol | undefined;
  #seconds = 0;
  #unreported: Progress['points'][number][] = [];
  #reported = { images: 0, seconds: 0, at: 0 };

  /** @param tell - Is told of progress, evaluations and faults. */
  constructor(tell: (event: EngineEvent) => void) {
    this.#tell = tell;
  }

  /** Runs a command when the ones before it, and the training steps under way, are done. */
  ask<C extends keyof Commands>(command: C, ...args: Parameters<Commands[C]>): Promise<Awaited<ReturnType<Commands[C]>>> {
    const run = this.#commands[command] as (...args: unknown[]) => Promise<Awaited<ReturnType<Commands[C]>>>;
    return this.#alone(() => run(...args));
  }

  readonly #commands: Commands = {
    openDigits: () => this.#use(digits({ count: DIGITS }), 'digits'),
    openFiles: async (files: readonly DroppedFile[]) => {
      const { openFiles } = await import('../data/open-files.js');
      const pair = await openFiles(files);
      return this.#use(pair, pair.train.name.replace(/ train$/, ''));
    },
    preset: async (name: PresetName) => presetText(name, this.#given.info),
    check: async (text: string) => networkInfo(this.#read(text)),
    build: (text: string, seed: number) => this.#build(text, seed),
    configure: async (settings: TrainingSettings) => {
      this.#trainer?.configure(settings);
      this.#settings = settings;
    },
    start: async () => this.#start(),
    pause: async () => this.#stop(),
    step: async () => {
      this.#stop();
      await this.#trainStep();
      this.#report();
    },
    evaluate: () => this.#evaluate(),
    useBackend: (choice: BackendChoice) => this.#useBackend(choice),
    inspect: (index: number) => this.#inspect(index),
    glassBox: (index: number, layer: number, unit: number) => this.#glassBox(index, layer, unit),
    predictions: (from: number, count: number) => this.#predictions(from, count),
    classify: (pixels: Uint8Array) => this.#classify(pixels),
    weightAt: async (variable: string, index: number) => (await this.#built.net.variable(variable).value.data())[index]!,
    setWeight: (variable: string, index: number, value: number) => this.#setWeight(variable, index, value),
    exportNet: () => this.#export(),
    importNet: (weights: Uint8Array, source: string) => this.#import(weights, source),
  };

  /** Frees everything. */
  async dispose(): Promise<void> {
    this.#stop();
    await this.#alone(async () => {
      this.#trainer?.dispose();
      await this.#open?.backend.dispose();
    });
  }

  /** How many tensors are on the device; to see whether something leaks. */
  get live(): number {
    return (this.#open!.backend as unknown as { live(): number }).live();
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => {});
    return mine;
  }

  get #given(): OpenData {
    if (!this.#data) throw new UsageError('there are no images yet');
    return this.#data;
  }

  get #built(): Trainer {
    if (!this.#trainer) throw new UsageError('there is no network yet');
    return this.#trainer;
  }

  async #use({ train, test }: DatasetPair, name: string): Promise<DataInfo> {
    const { mean, deviation } = await statistics(limit(train, MOST_MEASURED));
    this.#stop();
    this.#trainer?.dispose();
    this.#trainer = undefined;
    const info: DataInfo = { name, shape: train.shape, classes: train.classes, train: train.length, test: test.length };
    // A channel that is the same everywhere has no deviation to divide by.
    this.#data = { train, test, info, scaling: { mean, deviation: deviation.map(value => value || 1) } };
    return info;
  }

  #read(text: string): ReadModel {
    const { info } = this.#given;
    return readModel(text, info.shape, info.classes.length);
  }

  async #build(text: string, seed: number): Promise<NetworkInfo> {
    const read = this.#read(text);
    this.#begin(await this.#initialise(read, seed), read);
    return networkInfo(read);
  }

  async #initialise({ model }: ReadModel, seed: number): Promise<Net> {
    this.#open ??= await openBackend({ kind: 'cpu', threads: 1 });
    return initialise(model, { backend: this.#open.backend, input: this.#given.info.shape, seed });
  }

  #begin(net: Net, { normalise }: ReadModel): void {
    const { train, scaling } = this.#given;
    const trainer = new Trainer(net, train, normalise ?? scaling, this.#settings);
    this.#trainer?.dispose();
    this.#trainer = trainer;
    this.#seconds = 0;
    this.#unreported = [];
    this.#reported = { images: 0, seconds: 0, at: 0 };
  }

  async #useBackend(choice: BackendChoice): Promise<BackendInfo> {
    const next = await openBackend(choice);
    try {
      await this.#trainer?.moveTo(next.backend);
    } catch (error) {
      await next.backend.dispose();
      throw error;
    }
    await this.#open?.backend.dispose();
    this.#open = next;
    return { choice, name: next.name };
  }

  // ---- training

  #start(): void {
    const trainer = this.#built;
    if (this.#running) return;
    this.#running = Symbol('run');
    this.#tell({ type: 'running', running: true });
    void this.#run(this.#running, trainer);
  }

  #stop(): void {
    if (!this.#running) return;
    this.#running = undefined;
    this.#report();
    this.#tell({ type: 'running', running: false });
  }

  async #run(run: symbol, first: Trainer): Promise<void> {
    const { turn, close } = turns();
    let [evaluateAt, told] = [performance.now() + EVALUATE_EVERY, first];
    try {
      while (this.#running === run) {
        await this.#alone(async () => {
          const end = performance.now() + SLICE;
          while (this.#running === run && performance.now() < end) await this.#trainStep();
        });
        if (performance.now() - this.#reported.at > REPORT_EVERY) this.#report();
        if (this.#trainer !== told || performance.now() > evaluateAt) {
          told = this.#built;
          const started = performance.now();
          await this.#alone(async () => {
            if (this.#running === run) this.#tell({ type: 'evaluation', evaluation: await this.#evaluate() });
          });
          evaluateAt = performance.now() + Math.max(EVALUATE_EVERY, 10 * (performance.now() - started));
        }
        await turn();
      }
    } catch (error) {
      this.#stop();
      this.#tell({ type: 'fault', message: (error as Error).message });
    } finally {
      close();
    }
  }

  async #trainStep(): Promise<void> {
    const started = performance.now();
    const { loss, correct, images } = await this.#built.trainStep();
    this.#seconds += (performance.now() - started) / 1000;
    this.#unreported.push({ step: this.#built.step, loss, accuracy: correct / images });
  }

  #report(): void {
    if (this.#unreported.length === 0) return;
    const { step, images } = this.#built;
    const [newImages, newSeconds] = [images - this.#reported.images, this.#seconds - this.#reported.seconds];
    this.#tell({
      type: 'progress',
      progress: {
        step,
        epoch: images / this.#given.info.train,
        images,
        seconds: this.#seconds,
        imagesPerSecond: newImages / newSeconds,
        points: this.#unreported,
      },
    });
    this.#unreported = [];
    this.#reported = { images, seconds: this.#seconds, at: performance.now() };
  }

  // ---- what the network does

  /** What is done to images before the network sees them. */
  get #prepared(): readonly Transform[] {
    return [toFloat(), normalise(this.#built.scaling)];
  }

  async #evaluate(): Promise<Evaluation> {
    const { net, step } = this.#built;
    const classes = this.#given.info.classes.length;
    const mistakes: Omit<Prediction, 'pixels'>[] = [];
    const { accuracy, loss, images, confusion } = await evaluate({
      net,
      loss: lossOf,
      data: loader(limit(this.#given.test, MOST_EVALUATED), { batchSize: EVALUATED_AT_ONCE, transforms: this.#prepared }),
      onBatch: ({ labels, indices }, logits) => {
        labels.forEach((label, i) => {
          const probabilities = softmaxOf(Array.prototype.slice.call(logits, i * classes, (i + 1) * classes));
          if (best(probabilities) !== label) mistakes.push({ index: indices[i]!, label, probabilities });
        });
      },
    });
    const worst = mistakes.sort((a, b) => Math.max(...b.probabilities) - Math.max(...a.probabilities)).slice(0, MOST_WORST);
    const { images: pixels } = await this.#given.test.read(worst.map(({ index }) => index));
    return {
      step,
      accuracy,
      loss,
      images,
      confusion,
      worst: worst.map((mistake, i) => ({ ...mistake, pixels: this.#imageIn(pixels, i) })),
    };
  }

  async #predictions(from: number, count: number): Promise<readonly Prediction[]> {
    const { test } = this.#given;
    const indices = Array.from({ length: Math.min(count, test.length - from) }, (_, i) => from + i);
    const { images, labels } = await test.read(indices);
    const probabilities = await this.#probabilities(images);
    return indices.map((index, i) => ({
      index,
      label: labels[i]!,
      probabilities: probabilities[i]!,
      pixels: this.#imageIn(images, i),
    }));
  }

  async #classify(pixels: Uint8Array): Promise<readonly number[]> {
    return (await this.#probabilities(pixels))[0]!;
  }

  async #probabilities(pixels: Uint8Array): Promise<number[][]> {
    const images = this.#tensorOf(pixels);
    try {
      return await predict(this.#built.net, images);
    } finally {
      images.dispose();
    }
  }

  async #inspect(index: number): Promise<Inspection> {
    return this.#withTestImage(index, async (image, label, pixels, labelNumber) => {
      const { loss, logits, layers } = await picturesOf(this.#built.net, image, label);
      const probabilities = softmaxOf(Array.from(logits));
      return { loss, layers, prediction: { index, label: labelNumber, probabilities, pixels } };
    });
  }

  #glassBox(index: number, layer: number, unit: number): Promise<GlassBox> {
    return this.#withTestImage(index, (image, label) => glassBoxOf(this.#built.net, image, label, layer, unit));
  }

  async #withTestImage<T>(
    index: number,
    work: (image: Tensor, label: Tensor, pixels: Uint8Array, labelNumber: number) => Promise<T>,
  ): Promise<T> {
    const { images, labels } = await this.#given.test.read([index]);
    const image = this.#tensorOf(images);
    const label = tensor(image.backend, labels, { dtype: 'int32' });
    try {
      return await work(image, label, images, labels[0]!);
    } finally {
      image.dispose();
      label.dispose();
    }
  }

  /** Bytes [n, c, h, w] as the network takes them. */
  #tensorOf(pixels: Uint8Array): Tensor {
    const { shape } = this.#given.info;
    const size = pixels.length / sizeOf(shape);
    let batch = {
      images: new Float32Array(pixels),
      labels: new Int32Array(size),
      size,
      shape: shape as ImageShape,
      indices: new Int32Array(size),
    };
    for (const transform of this.#prepared) batch = transform.apply(batch, [0, 0]) as typeof batch;
    return tensor(this.#built.net.backend, batch.images, { shape: [size, ...shape] });
  }

  #imageIn(pixels: Uint8Array, i: number): Uint8Array {
    const size = sizeOf(this.#given.info.shape);
    return pixels.slice(i * size, (i + 1) * size);
  }

  async #setWeight(name: string, index: number, value: number): Promise<void> {
    const variable = this.#built.net.variable(name);
    const data = await variable.value.data();
    data[index] = value;
    variable.assign(tensor(variable.value.backend, data, { shape: variable.value.shape }));
  }

  // ---- files

  async #export(): Promise<Exported> {
    const { net, scaling } = this.#built;
    const { shape, classes } = this.#given.info;
    const model = modelToJSON(net.model, { input: shape, classes, normalise: scaling });
    return { model: `${formatJson(model)}\n`, weights: await netToSafetensors(net, { [MODEL_KEY]: JSON.stringify(model) }) };
  }

  async #import(bytes: Uint8Array, source: string): Promise<string> {
    const file = parseSafetensors(bytes, source);
    const saved = file.metadata[MODEL_KEY];
    if (saved === undefined) throw new FormatError(source, 'it holds weights, but not the network that they belong to');
    const text = formatJson(JSON.parse(saved));
    const read = this.#read(text);
    const net = await this.#initialise(read, this.#built.net.seed);
    try {
      loadWeights(net, file);
    } catch (error) {
      net.dispose();
      throw error;
    }
    this.#begin(net, read);
    return text;
  }
}

const networkInfo = ({ summary }: ReadModel): NetworkInfo => ({
  inputShape: summary.inputShapes[0]!,
  layers: summary.layers.map(({ path, type, outputShape, parameters }) => ({ path, type, outputShape, parameters })),
  parameters: summary.parameters,
});

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, n) => size * n, 1);

const best = (scores: readonly number[]): number => scores.indexOf(Math.max(...scores));

function softmaxOf(logits: readonly number[]): number[] {
  const highest = Math.max(...logits);
  const powers = logits.map(logit => Math.exp(logit - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map(power => power / total);
}

/** Lets messages in between two slices of work. A timer would wait for milliseconds, or in a tab in the background for longer. */
function turns(): { turn: () => Promise<void>; close: () => void } {
  const { port1, port2 } = new MessageChannel();
  return {
    turn: () =>
      new Promise(resolve => {
        port1.onmessage = () => resolve();
        port2.postMessage(0);
      }),
    close: () => port1.close(),
  };
}
