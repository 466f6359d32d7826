import { type Batch, compose, decodeImage, fitImage, normalise, toFloat } from '@cnn/data';
import { FormatError, tensor } from '@cnn/tensor';
import { readFileBytes } from '@cnn/tensor/node';
import { predict } from '@cnn/train';
import { Command } from 'commander';
import { gather, printJson } from '../arguments.js';
import { openBackend } from '../backend.js';
import { openTrained } from '../models.js';
import { loadPlugins } from '../plugins.js';

interface Options {
  readonly model: string;
  readonly backend: string;
  readonly plugin?: readonly string[];
  readonly json?: boolean;
}

/** `cnn predict`: classes of image files. */
export const predictCommand = (): Command =>
  new Command('predict')
    .description('classify PNG and JPEG files')
    .argument('<images...>', 'files')
    .requiredOption('--model <dir>', 'the folder of a training run')
    .option('--backend <name>', 'where to compute: cpu, gpujs, gpujs:MODE or another that cnn backends lists', 'cpu')
    .option('--plugin <module>', 'add the layers and backends of a module (repeatable)', gather)
    .option('--json', 'print JSON')
    .action(async (files: readonly string[], { model, backend: name, plugin, json }: Options) => {
      const registry = await loadPlugins(plugin);
      const backend = await openBackend(name, registry.backends);
      const { net, input, classes, normalise: scale } = await openTrained(model, registry, backend);
      const prepare = compose(toFloat(), normalise(scale));
      const results = [];
      for (const file of files) {
        const pixels = fitImage(decodeImage(await readFileBytes(file), file), input);
        const batch: Batch = {
          images: new Float32Array(pixels),
          labels: new Int32Array(1),
          size: 1,
          shape: input,
          indices: new Int32Array(1),
        };
        const images = tensor(backend, prepare.apply(batch, [0, 0]).images, { shape: [1, ...input] });
        const [probabilities] = await predict(net, images);
        images.dispose();
        if (!probabilities!.every(Number.isFinite))
          throw new FormatError(model, `the model's probabilities for ${file} are no finite numbers; its weights may be damaged`);
        const ranked = probabilities!
          .map((probability, i) => ({ class: classes[i]!, probability }))
          .sort((a, b) => b.probability - a.probability);
        results.push({ image: file, class: ranked[0]!.class, probability: ranked[0]!.probability, probabilities: ranked });
      }
      if (json) printJson(results);
      else {
        for (const { image, probabilities } of results) {
          process.stdout.write(`${image}\n`);
          for (const { class: label, probability } of probabilities.slice(0, 5)) {
            process.stdout.write(`  ${(100 * probability).toFixed(1).padStart(5)} %  ${label}\n`);
          }
        }
      }
      net.dispose();
      await backend.dispose();
    });
