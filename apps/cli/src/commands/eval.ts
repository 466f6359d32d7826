import { limit, loader, normalise, toFloat } from '@cnn/data';
import type { DatasetName } from '@cnn/data/node';
import { losses } from '@cnn/layers';
import { FormatError, option, ShapeError, showShape, UsageError } from '@cnn/tensor';
import { evaluate } from '@cnn/train';
import { Command, Option } from 'commander';
import { gather, number, printJson } from '../arguments.js';
import { openBackend } from '../backend.js';
import { datasetNames, openData } from '../datasets.js';
import { openTrained } from '../models.js';
import { loadPlugins } from '../plugins.js';
import { progressBar } from '../progress.js';

interface Options {
  readonly model: string;
  readonly data: DatasetName;
  readonly dataDir?: string;
  readonly limit?: number;
  readonly batch: number;
  readonly backend: string;
  readonly plugin?: readonly string[];
  readonly json?: boolean;
}

/** `cnn eval`: how well a trained model does on a test set. */
export const evalCommand = (): Command =>
  new Command('eval')
    .description('evaluate a trained model on a test set')
    .requiredOption('--model <dir>', 'the folder of a training run')
    .addOption(new Option('--data <name>', 'the images').choices(datasetNames).makeOptionMandatory())
    .option('--data-dir <dir>', 'read the data from here instead of downloading it')
    .option('--limit <n>', 'the first n test images only', number(option.count))
    .option('--batch <n>', 'images at a time', number(option.count), 250)
    .option('--backend <name>', 'where to compute: cpu, gpujs, gpujs:MODE or another that cnn backends lists', 'cpu')
    .option('--plugin <module>', 'add the layers and backends of a module (repeatable)', gather)
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      const registry = await loadPlugins(options.plugin);
      const backend = await openBackend(options.backend, registry.backends);
      const { net, input, classes, normalise: scale } = await openTrained(options.model, registry, backend);
      const { test } = await openData(options.data, { ...options, input });
      if (showShape(test.shape) !== showShape(input)) {
        throw new ShapeError(`the images are ${showShape(test.shape)}, the model takes ${showShape(input)}`);
      }
      if (test.classes.join() !== classes.join()) {
        throw new UsageError(
          `${test.name} has the classes ${test.classes.join(', ')}; the model tells apart ${classes.join(', ')}`,
        );
      }
      const chosen = options.limit === undefined ? test : limit(test, options.limit);
      const bar = progressBar('evaluating', !options.json);
      const topK = classes.length > 5 ? [5] : [];
      const data = loader(chosen, { batchSize: options.batch, transforms: [toFloat(), normalise(scale)] });
      const result = await evaluate({ net, loss: losses.softmaxCrossEntropy(), data, topK, onProgress: bar.update });
      bar.stop();
      if (!Number.isFinite(result.loss))
        throw new FormatError(options.model, `the model's loss is ${result.loss}; its weights may be damaged`);
      if (!Number.isFinite(result.loss))
        throw new UsageError(`the loss on ${test.name} is ${result.loss}: the weights in ${options.model} are damaged`);
      if (options.json) printJson({ ...result, classes });
      else {
        process.stdout.write(
          `${test.name}: ${result.images} images\naccuracy ${(100 * result.accuracy).toFixed(2)} %, loss ${result.loss.toFixed(4)}`,
        );
        process.stdout.write(`${topK.map(k => `, top ${k} ${(100 * result.topK[k]!).toFixed(2)} %`).join('')}\n`);
        const width = Math.max(...classes.map(name => name.length));
        result.confusion.forEach((row, i) => {
          process.stdout.write(`${classes[i]!.padEnd(width)} ${row.map(count => String(count).padStart(6)).join('')}\n`);
        });
      }
      net.dispose();
      await backend.dispose();
    });
