import { cachedData, cacheFolder } from '@cnn/data/node';
import { Command } from 'commander';
import { printJson } from '../arguments.js';

/** `cnn data`: what is cached, and where. */
export const dataCommand = (): Command =>
  new Command('data')
    .description('show which datasets are in the cache, and where')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const sets = await cachedData();
      if (json) return printJson({ folder: cacheFolder(), sets });
      process.stdout.write(`cache: ${cacheFolder()}\n`);
      if (sets.length === 0)
        process.stdout.write('nothing is cached; mnist, fashion-mnist and cifar10 are downloaded when first used\n');
      for (const { name, folder, bytes, complete } of sets) {
        process.stdout.write(
          `${name.padEnd(16)} ${(bytes / 1e6).toFixed(1).padStart(7)} MB  ${complete ? 'complete' : 'incomplete'}  ${folder}\n`,
        );
      }
    });
