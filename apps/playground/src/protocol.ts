/** What the page and the engine in the worker say to each other. Everything here crosses by structured clone. */

/** Which optimizer trains, by its name in `@cnn/optim`. */
export const optimizerNames = ['sgd', 'adam', 'adamW', 'rmsprop', 'adagrad', 'adadelta'] as const;
export type OptimizerName = (typeof optimizerNames)[number];

/** What is done to training images by chance. */
export const augmentationNames = ['shift', 'rotate', 'flip', 'erase'] as const;
export type AugmentationName = (typeof augmentationNames)[number];

/** What may be changed while training runs. */
export interface TrainingSettings {
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  /** Of sgd; the others have none. */
  readonly momentum: number;
  readonly weightDecay: number;
  readonly batchSize: number;
  readonly augmentation: readonly AugmentationName[];
}

/** Settings to begin with: good for every preset. */
export const firstSettings: TrainingSettings = {
  optimizer: 'adam',
  learningRate: 0.002,
  momentum: 0.9,
  weightDecay: 0,
  batchSize: 32,
  augmentation: [],
};

/** Where the numbers are computed. */
export type BackendChoice = { readonly kind: 'cpu'; readonly threads: number } | { readonly kind: 'gpujs' };

/** What this browser can do. */
export interface Abilities {
  /** Threads that may share memory: 1 where the page is not isolated. */
  readonly threads: number;
  readonly webgl2: boolean;
}

/** Networks to begin with. */
export const presetNames = ['lenet5', 'convnetjs', 'small', 'mlp', 'linear'] as const;
export type PresetName = (typeof presetNames)[number];

/** The dataset in use. */
export interface DataInfo {
  readonly name: string;
  /** [channels, height, width]. */
  readonly shape: readonly [number, number, number];
  readonly classes: readonly string[];
  readonly train: number;
  readonly test: number;
}

/** A file that was dropped on the page; `path` has its folders, with '/'. */
export interface DroppedFile {
  readonly path: string;
  readonly file: Blob;
}

/** One layer of a network. */
export interface LayerInfo {
  readonly path: string;
  readonly type: string;
  /** Without the batch axis. */
  readonly outputShape: readonly number[];
  readonly parameters: number;
}

/** What a network is made of. */
export interface NetworkInfo {
  readonly inputShape: readonly number[];
  readonly layers: readonly LayerInfo[];
  readonly parameters: number;
}

/** Statistics of some numbers. */
export interface Statistics {
  readonly mean: number;
  /** The root of the mean squared distance from the mean. */
  readonly deviation: number;
  readonly lowest: number;
  readonly highest: number;
  /** The share that is exactly 0. */
  readonly zeros: number;
}

/** Numbers as small grey pictures: [maps, height, width]. */
export interface Maps {
  readonly shape: readonly [number, number, number];
  readonly values: Float32Array;
  /** Where the pictures are rows of a table, as filters by channels: pictures in a row, and numbers in a row of the whole tensor. */
  readonly rows?: { readonly pictures: number; readonly numbers: number };
  /** Of all the numbers, those without a picture among them. */
  readonly statistics: Statistics;
}

/** What one layer does with one image. */
export interface LayerPictures extends LayerInfo {
  readonly activations: Maps;
  /** Of the loss of this image for the activations. */
  readonly activationGradients: Maps;
  readonly filters?: Maps;
  /** Of the loss of this image for the filters. */
  readonly filterGradients?: Maps;
  /** The name of the filters' variable. */
  readonly weight?: string;
}

/** An image and what the network says of it. */
export interface Prediction {
  /** Its place in the test set. */
  readonly index: number;
  readonly label: number;
  /** One for each class. */
  readonly probabilities: readonly number[];
  /** Bytes [c, h, w]. */
  readonly pixels: Uint8Array;
}

/** An image on its way through the network. */
export interface Inspection {
  readonly prediction: Prediction;
  readonly loss: number;
  readonly layers: readonly LayerPictures[];
}

/** One number that a pixel is made of. */
export interface Term {
  /** Which of the layer's inputs, for a layer that has several. */
  readonly input: number;
  /** Its place there: [c, y, x], or [i] in a vector. */
  readonly place: readonly number[];
  readonly value: number;
  /** What it is multiplied with: the derivative of the pixel for it, which for a sum of products is the weight. */
  readonly weight: number;
  readonly product: number;
  /** The part of the loss's gradient that goes to it by way of this pixel. */
  readonly gradient: number;
}

/** One number of a layer's output, taken apart. */
export interface GlassBox {
  readonly path: string;
  readonly type: string;
  /** [c, y, x], or [i] in a vector. */
  readonly place: readonly number[];
  readonly value: number;
  /**
   * `sum`: products and a bias that add up to the value. `maximum`: the largest of the terms. `function`: the terms show its
   * derivatives, and do not add up to it.
   */
  readonly kind: 'sum' | 'maximum' | 'function';
  readonly terms: readonly Term[];
  readonly bias?: number;
  /** The gradient of the loss for this number. */
  readonly gradient: number;
  /** What feeds the layer: paths of layers, or `image`. */
  readonly sources: readonly string[];
}

/** How well the network does on test images. */
export interface Evaluation {
  readonly step: number;
  readonly accuracy: number;
  readonly loss: number;
  readonly images: number;
  /** Row: true class; column: predicted class; counts. */
  readonly confusion: readonly (readonly number[])[];
  /** The mistakes that the network is surest of, the worst first. */
  readonly worst: readonly Prediction[];
}

/** How the training steps went since the last report. */
export interface Progress {
  readonly step: number;
  /** From 0, with fractions. */
  readonly epoch: number;
  readonly images: number;
  /** Time inside of training steps. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly points: readonly { readonly step: number; readonly loss: number; readonly accuracy: number }[];
}

/** What computes now. */
export interface BackendInfo {
  readonly choice: BackendChoice;
  /** In words. */
  readonly name: string;
}

/** What the engine tells without being asked. */
export type EngineEvent =
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'evaluation'; readonly evaluation: Evaluation }
  | { readonly type: 'running'; readonly running: boolean }
  | { readonly type: 'fault'; readonly message: string };

/** Weights and model as files. */
export interface Exported {
  readonly model: string;
  /** A safetensors file, which holds the model, too. */
  readonly weights: Uint8Array;
}

/** What the page may ask of the engine. */
export interface Commands {
  openDigits(): Promise<DataInfo>;
  /** IDX files of MNIST's kind, record files of CIFAR-10, or images in folders by class. */
  openFiles(files: readonly DroppedFile[]): Promise<DataInfo>;
  /** The text of a network for the data. */
  preset(name: PresetName): Promise<string>;
  /** What a network would be; throws where its text is wrong. */
  check(text: string): Promise<NetworkInfo>;
  /** Starts over with this network and fresh weights. */
  build(text: string, seed: number): Promise<NetworkInfo>;
  configure(settings: TrainingSettings): Promise<void>;
  start(): Promise<void>;
  pause(): Promise<void>;
  /** One training step. */
  step(): Promise<void>;
  evaluate(): Promise<Evaluation>;
  /** Keeps weights, optimizer and place in the data. */
  useBackend(choice: BackendChoice): Promise<BackendInfo>;
  /** Sends a test image through the network. */
  inspect(index: number): Promise<Inspection>;
  glassBox(index: number, layer: number, unit: number): Promise<GlassBox>;
  predictions(from: number, count: number): Promise<readonly Prediction[]>;
  /** Class probabilities of an image of the data's shape, bytes [c, h, w]. */
  classify(pixels: Uint8Array): Promise<readonly number[]>;
  weightAt(variable: string, index: number): Promise<number>;
  setWeight(variable: string, index: number, value: number): Promise<void>;
  exportNet(): Promise<Exported>;
  /** Builds the network of a weight file and gives it its weights. Returns its text. */
  importNet(weights: Uint8Array, source: string): Promise<string>;
}

/** A question to the engine. */
export interface Question {
  readonly id: number;
  readonly command: keyof Commands;
  readonly args: readonly unknown[];
}

/** What went wrong, and in which line of a network's text, from 1. */
export interface Problem {
  readonly message: string;
  readonly line?: number;
}

/** What comes from the worker. */
export type FromWorker =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly problem: Problem }
  | { readonly ready: Abilities }
  | { readonly event: EngineEvent };
