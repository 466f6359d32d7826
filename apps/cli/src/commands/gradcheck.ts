import { cpuReference } from '@cnn/backend-cpu';
import { initialise } from '@cnn/layers';
import {
  type GradientCheck,
  gradientCheck,
  ops,
  option,
  randomKey,
  randomNormal,
  type Shape,
  tensor,
  tidy,
  UsageError,
} from '@cnn/tensor';
import { Command } from 'commander';
import { gather, number, printJson, shape } from '../arguments.js';
import { findModel } from '../models.js';
import { loadPlugins } from '../plugins.js';

interface Options {
  readonly input?: number[];
  readonly samples: number;
  readonly tolerance: number;
  readonly seed: number;
  readonly plugin?: readonly string[];
  readonly json?: boolean;
}

/** How many examples the gradients are of. */
const BATCH = 2;

/** `cnn gradcheck`: gradients beside finite differences in float64. */
export const gradcheckCommand = (): Command =>
  new Command('gradcheck')
    .description('compare the gradients of a model with finite differences, in float64')
    .argument('<model>', 'a name, a model file (.json), or the folder of a run')
    .option('--input <c,h,w>', "the input's shape, where the model does not say it", shape)
    .option('--samples <n>', 'how many numbers of each parameter are checked', number(option.count), 5)
    .option('--tolerance <x>', 'the largest relative error that passes', number(option.positive), 1e-5)
    .option('--seed <n>', 'chooses weights, images and what is random in training', number(option.integer), 0)
    .option('--plugin <module>', 'add the layers of a module (repeatable)', gather)
    .option('--json', 'print JSON')
    .action(async (name: string, { input, samples, tolerance, seed, plugin, json }: Options) => {
      const found = await findModel(name, await loadPlugins(plugin));
      const given = input ?? found.input;
      if (!given) throw new UsageError(`${name} does not say what its input is; give its shape, as --input 3,32,32`);
      const result = await check(found.model, given, { samples, tolerance, seed });
      if (json) printJson({ model: name, tolerance, ...result });
      else process.stdout.write(`${table(result)}\n`);
      if (!result.passed) process.exitCode = 1;
    });

/** The gradients of a new net in training, for random images and a random weighting of its outputs. */
async function check(
  model: Parameters<typeof initialise>[0],
  input: Shape,
  { samples, tolerance, seed }: { samples: number; tolerance: number; seed: number },
): Promise<GradientCheck> {
  const backend = cpuReference();
  const net = initialise(model, { backend, input, seed, dtype: 'float64' });
  const random = (of: Shape, what: string) => {
    const numbers = randomNormal(
      of.reduce((a, b) => a * b, 1),
      randomKey(seed, 'gradcheck', what),
    );
    return tensor(backend, numbers, { shape: of, dtype: 'float64' });
  };
  const batch = random([BATCH, ...input], 'images');
  const weights = random([BATCH, ...net.outputShape], 'weights');
  const loss = () => tidy(() => ops.sum(ops.mul([net.apply([batch], { training: true })].flat()[0]!, weights)));
  try {
    return await gradientCheck(loss, net.parameters, { samples, tolerance });
  } finally {
    for (const each of [batch, weights, net]) each.dispose();
  }
}

/** A line a parameter. */
function table({ passed, inputs }: GradientCheck): string {
  const rows = [
    ['parameter', 'numbers', 'checked', 'relative error', 'analytic', 'numeric', 'kinks'],
    ...inputs.map(({ name, size, checked, worst, kinks }) => [
      name,
      size.toLocaleString('en-US'),
      `${checked}`,
      ...(worst ? [worst.relativeError, worst.analytic, worst.numeric].map(x => x.toExponential(2)) : ['', '', '']),
      kinks.map(({ index }) => `#${index}`).join(' '),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)));
  const lines = rows.map(row =>
    row
      .map((cell, i) => (i === 0 || i === 6 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, passed ? 'all gradients agree' : 'some gradients do not agree'].join('\n');
}
