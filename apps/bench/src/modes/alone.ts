import { cpus } from 'node:os';
import { cpu } from '@cnn/backend-cpu';
import { selectItems } from '../items/index.js';
import { measureMachine } from '../machine.js';
import { WARM_UP } from '../measure.js';
import { number, resultHead, resultLine } from '../report.js';
import { type Result, timeItem } from '../run.js';
import { cpuOptions, printJson, type Settings, tell } from './settings.js';

/**
 * Times our own items. As JSON `{ item: { ms, gflops | imagesPerSecond, floorMs } }`; with several counts of threads one such
 * object for each.
 */
export async function runAlone(settings: Settings): Promise<void> {
  const { threads, peak, only, budget = 1000, json } = settings;
  const chosen = selectItems(only);
  const all: Record<number, Record<string, Result>> = {};
  for (const count of threads) {
    const backend = await cpu(cpuOptions(settings, count));
    const machine = await measureMachine(backend.build, peak);
    tell(settings, `${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}, build ${backend.build}`);
    tell(settings, `peak of a core: ${number(machine.gflops)} GFLOP/s (${machine.how}), ${number(machine.gbytes)} GB/s read`);
    tell(settings, resultHead());
    const results: Record<string, Result> = {};
    for (const item of chosen) {
      const result = await timeItem(item, backend, {
        budget: { milliseconds: budget, leastRuns: 5, warmUp: Math.min(WARM_UP, 1.5 * budget) },
        machine,
        threads: backend.threads,
      });
      results[item.name] = result;
      tell(settings, resultLine(item.name, backend.threads, result));
    }
    all[count] = results;
    await backend.dispose();
  }
  if (json) printJson(threads.length === 1 ? all[threads[0]!] : all);
}
