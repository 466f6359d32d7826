/** The work of `cnn train`. */
import { basename, join } from 'node:path';
import { type Dataset, limit, loader, normalise, statistics, toFloat } from '@cnn/data';
import type { DatasetName } from '@cnn/data/node';
import { formatSummary, initialise, modelToJSON, netToSafetensors, summary } from '@cnn/layers';
import { type Optimizer, optimizerFromJSON } from '@cnn/optim';
import { CnnError, ShapeError, showShape, UsageError } from '@cnn/tensor';
import { writeFileAtomic } from '@cnn/tensor/node';
import { fit } from '@cnn/train';
import { checkpoints, csvLog } from '@cnn/train/node';
import { nameOrJson } from '../arguments.js';
import { buildOf, openBackend } from '../backend.js';
import { openData } from '../datasets.js';
import { checkOutput, findModel, imageShape } from '../models.js';
import type { Registry } from '../plugins.js';
import { formatReport } from '../report/report.js';
import { type AugmentationName, trainingTransforms } from './augmentation.js';
import { defaultEpochs, defaultLearningRate, defaultOptimizerOptions } from './defaults.js';
import { examine } from './examine.js';
import { profileSteps } from './profile-steps.js';
import { trainingProgress } from './progress.js';
import { type RecipeArguments, scheduleOf, trainingOptions } from './recipe.js';
import { findRun, prepareRun, type RunSettings, type TrainResult, writeJson } from './run-folder.js';

/** The command line of `cnn train`. */
export interface TrainArguments extends RecipeArguments {
  readonly data: DatasetName;
  readonly dataDir?: string;
  readonly model: string;
  readonly epochs?: number;
  readonly batch: number;
  readonly optimizer: string;
  readonly lr?: number;
  readonly weightDecay?: number;
  readonly augment?: readonly AugmentationName[];
  readonly seed: number;
  readonly limit?: number;
  readonly backend: string;
  readonly threads?: number;
  readonly profile?: boolean;
  readonly checkpointSteps?: number;
  readonly plugin?: readonly string[];
  readonly out?: string;
  readonly resume?: boolean;
  readonly json?: boolean;
}

/** Trains as the command line says, and leaves model, weights, history, checkpoints and report in a folder. */
export async function train(options: TrainArguments, registry: Registry): Promise<TrainResult> {
  const say = (text: string): void => {
    if (!options.json) process.stdout.write(`${text}\n`);
  };
  const warn = (text: string): void => {
    process.stderr.write(`cnn: ${text}\n`);
  };
  const epochs = options.epochs ?? defaultEpochs(options.data);
  const optimizer = optimizerOf(options, registry);
  const learningRate = optimizer.config.learningRate as number;
  const schedule = scheduleOf(options, { learningRate, epochs });
  const { loss, ...extras } = trainingOptions(options);
  const out = options.out ?? join('runs', `${options.data}-${basename(options.model, '.json')}-${options.seed}`);
  const file = (name: string): string => join(out, name);

  // The model's file, the data and the backend come first: nothing is created until they were found good.
  const fileModel = await findModel(options.model, registry);
  const isFolder = options.data === 'folder';
  const { train: whole, test } = await openData(options.data, {
    ...options,
    ...(isFolder && fileModel.input && { input: imageShape(fileModel.input) }),
  });
  const training = options.limit === undefined ? whole : limit(whole, options.limit);
  checkSets(training, test);
  checkInput(fileModel.input, training, options.model);
  const { model } = await findModel(options.model, registry, training.classes.length);
  const classes = training.classes;
  const scale = fileModel.normalise ?? safeScale(await statistics(training));
  const facts = summary(model, training.shape);
  checkOutput(facts, classes);
  const opened = await openBackend(options.backend, registry.backends, {
    ...(options.threads !== undefined && { threads: options.threads }),
  });
  const profiler = options.profile ? profileSteps(opened) : undefined;
  const backend = profiler?.backend ?? opened;
  const net = initialise(model, { backend, input: training.shape, seed: options.seed });

  const modelFile = modelToJSON(model, { input: training.shape, classes, normalise: scale });
  const settings: RunSettings = {
    data: training.name,
    images: training.length,
    model: modelFile,
    epochs,
    batch: options.batch,
    optimizer: optimizer.toJSON(),
    schedule: schedule.toJSON(),
    seed: options.seed,
    ...extras,
    ...(options.augment && { augment: options.augment }),
    ...(options.labelSmoothing !== undefined && { labelSmoothing: options.labelSmoothing }),
  };
  const build = buildOf(backend);
  const before = options.resume ? await findRun(out, settings, build, warn) : undefined;
  if (before?.state === 'finished') {
    say(`the run in ${out} is finished; nothing to do`);
    return { ...before.result, out };
  }
  if (before?.state === 'none') warn(`no complete checkpoint in ${out}; starting over`);
  const from = before?.state === 'started' ? before.checkpoint : undefined;
  await prepareRun(out, settings, build, !from);
  await writeJson(file('model.json'), modelFile);
  say(
    `${options.model} on ${options.data}: ${facts.parameters} parameters, ${training.length} training and ${test.length} test images`,
  );
  if (before?.state === 'started') say(`going on from ${before.file}`);

  const testData = loader(test, { batchSize: 250, transforms: [toFloat(), normalise(scale)] });
  const transforms = trainingTransforms(options.augment ?? [], { shape: training.shape, classes: classes.length, scale });
  const aborter = new AbortController();
  const interrupt = (): void => aborter.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const progress = trainingProgress(!options.json);
  const result = await fit({
    net,
    loss,
    optimizer,
    schedule,
    ...extras,
    data: loader(training, { batchSize: options.batch, shuffle: true, seed: options.seed, transforms }),
    validation: testData,
    epochs,
    callbacks: [
      csvLog(file('history.csv')),
      checkpoints({
        dir: file('checkpoints'),
        ...(options.checkpointSteps !== undefined && { everySteps: options.checkpointSteps }),
      }),
    ],
    onEvent: event => {
      profiler?.onEvent(event);
      progress.onEvent(event);
    },
    signal: aborter.signal,
    ...(from && { resume: from }),
  }).finally(() => {
    profiler?.stop();
    progress.stop();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  });
  if (result.reason === 'aborted') {
    throw new InterruptedError('interrupted; the same command with --resume goes on from here');
  }

  const { evaluation, filters, mistakes } = await examine({ net, loss, data: testData });
  const figures: TrainResult = {
    testAccuracy: evaluation.accuracy,
    testLoss: evaluation.loss,
    trainLoss: result.history.at(-1)!.trainLoss,
    epochs,
    imagesPerSecond: result.images / result.seconds,
    seconds: result.seconds,
    parameters: facts.parameters,
    out,
  };
  await writeFileAtomic(file('model.safetensors'), await netToSafetensors(net));
  const { out: _, ...shown } = figures;
  await writeFileAtomic(
    file('report.html'),
    formatReport({
      title: `${options.model} on ${options.data}`,
      arguments: { ...options },
      result: shown,
      history: result.history,
      classes,
      confusion: evaluation.confusion,
      ...(filters && { filters }),
      mistakes,
      summary: formatSummary(facts),
    }),
  );
  if (profiler) {
    const table = profiler.table();
    await writeFileAtomic(file('trace.json'), profiler.trace());
    await writeFileAtomic(file('profile.txt'), table);
    say(`\n${table}`);
  }
  // Last, since it says that all else is there.
  await writeJson(file('result.json'), figures);
  say(
    `test accuracy ${(100 * figures.testAccuracy).toFixed(2)} %, ${Math.round(figures.imagesPerSecond)} images/s, ${figures.seconds.toFixed(1)} s of training`,
  );
  if (profiler) say(`trace: ${file('trace.json')}, for https://ui.perfetto.dev or chrome://tracing`);
  say(`report: ${file('report.html')}`);
  net.dispose();
  await backend.dispose();
  return figures;
}

function optimizerOf({ optimizer: given, lr, weightDecay }: TrainArguments, { optimizers }: Registry): Optimizer {
  // Lookahead by name would not say which optimizer it wraps.
  const named = optimizers.filter(({ type }) => type !== 'lookahead');
  const known = nameOrJson(
    '--optimizer',
    given,
    named.map(({ type }) => type),
  );
  const byName = (type: string) => {
    const learningRate = defaultLearningRate(type);
    return { type, ...defaultOptimizerOptions[type], ...(learningRate !== undefined && { learningRate }) };
  };
  return optimizerFromJSON(
    {
      ...(typeof known === 'string' ? byName(known) : known),
      ...(lr !== undefined && { learningRate: lr }),
      ...(weightDecay !== undefined && { weightDecay }),
    },
    optimizers,
  );
}

function checkInput(input: readonly number[] | undefined, data: Dataset, model: string): void {
  if (!input || showShape(input) === showShape(data.shape)) return;
  // A model by name takes other images too, as long as its layers do; a file that names its input means it.
  if (model.endsWith('.json'))
    throw new ShapeError(`${model} takes images ${showShape(input)}, ${data.name} has ${showShape(data.shape)}`);
}

function checkSets(training: Dataset, test: Dataset): void {
  if (training.classes.length < 2)
    throw new UsageError(`${training.name} has one class, '${training.classes[0]}'; there is nothing to tell apart`);
  for (const { name, length } of [training, test]) if (length === 0) throw new UsageError(`${name} has no images`);
}

/** A channel without variation keeps its scale. */
const safeScale = ({ mean, deviation }: { mean: readonly number[]; deviation: readonly number[] }) => ({
  mean,
  deviation: deviation.map(value => (value > 0 ? value : 1)),
});

/** The user ended the run. */
class InterruptedError extends CnnError {
  override name = 'InterruptedError';
}
