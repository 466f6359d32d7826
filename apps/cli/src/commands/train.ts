import { option } from '@cnn/tensor';
import { Command, Option } from 'commander';
import { gather, names, number, printJson } from '../arguments.js';
import { datasetNames } from '../datasets.js';
import { loadPlugins } from '../plugins.js';
import { augmentationNames } from '../train/augmentation.js';
import { scheduleNames } from '../train/recipe.js';
import { type TrainArguments, train } from '../train/train.js';

/** `cnn train`: trains a model and keeps all of it in a folder. */
export const trainCommand = (): Command =>
  new Command('train')
    .description('train a model on a dataset')
    .addOption(new Option('--data <name>', 'the images').choices(datasetNames).default('digits'))
    .option('--data-dir <dir>', 'read the data from here instead of downloading it')
    .option('--model <name>', 'a name, as lenet5 or cifar-resnet20 (docs/models.md lists all), or a model file (.json)', 'lenet5')
    .option('--epochs <n>', 'passes over the training images (default: what suits the data)', number(option.count))
    .option('--batch <n>', 'images in a step', number(option.count), 64)
    .option(
      '--optimizer <name>',
      "sgd, adam, adamW, adadelta, adagrad, rmsprop, amsgrad, adamax, nadam, radam, lion, lars or a plugin's, or JSON with a type and options",
      'adam',
    )
    .option('--lr <x>', "the schedule's highest learning rate (default: what suits the optimizer)", number(option.positive))
    .option('--weight-decay <x>', "the optimizer's weight decay", number(option.nonNegative))
    .option('--schedule <name>', `${scheduleNames.join(', ')}, or JSON with a type and options, in epochs`, 'cosine')
    .option('--warmup <epochs>', 'let the learning rate rise from 0 for so long before the schedule', number(option.nonNegative))
    .option('--augment <names>', `change training images by chance: ${augmentationNames.join(', ')}`, names(augmentationNames))
    .option(
      '--label-smoothing <x>',
      'the share of the targets that is spread over all classes',
      number(option.between(0, 1, { openEnd: true })),
    )
    .option('--l1 <x>', 'add x times the sum of the absolute weights to the loss', number(option.nonNegative))
    .option('--l2 <x>', 'add x times the sum of the squared weights to the loss', number(option.nonNegative))
    .option('--max-norm <x>', 'keep the weights into each unit within this norm', number(option.positive))
    .option('--clip-norm <x>', 'keep the norm of all gradients together within this', number(option.positive))
    .option('--accumulate <n>', 'batches to a step of the optimizer', number(option.count))
    .option('--seed <n>', 'chooses first weights and the order of images', number(option.integer), 0)
    .option('--limit <n>', 'the first n training images only', number(option.count))
    .option('--backend <name>', 'where to compute: cpu, gpujs, gpujs:MODE or another that cnn backends lists', 'cpu')
    .option('--threads <n>', 'how many threads compute; the result is the same', number(option.count))
    .option('--profile', 'show where the time of a hundred steps went, and leave a trace for the viewers of Chrome and Perfetto')
    .option('--checkpoint-steps <n>', 'save after every n steps, too', number(option.count))
    .option('--plugin <module>', 'add the layers, optimizers and backends of a module (repeatable)', gather)
    .option('--out <dir>', 'the folder for the result (default: runs/<data>-<model>-<seed>)')
    .option('--resume', 'go on from the last checkpoint in the folder')
    .option('--json', 'make the last line of the output one JSON object')
    .action(async (options: TrainArguments) => {
      const result = await train(options, await loadPlugins(options.plugin));
      if (options.json) printJson(result);
    });
