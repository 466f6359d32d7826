import { selectItems } from '@cnn/bench/items';
import { measure } from '@cnn/bench/measure';
import { type AnyBackend, ops, tidy } from '@cnn/tensor';
import type { TimingResult } from './task.js';

/** Times items of the bench. A run is over when a number of its last output has come back, which a device gives after all its work. */
export async function timeItems(
  backend: AnyBackend,
  { items, milliseconds }: { readonly items: readonly string[]; readonly milliseconds: number },
): Promise<TimingResult> {
  const times: Record<string, number | string> = {};
  for (const item of selectItems(items)) {
    try {
      const runnable = item.prepare(backend);
      const run = async (): Promise<void> => {
        const outputs = await runnable.run();
        const first = tidy(() => ops.slice(ops.reshape(outputs.at(-1)!, [-1]), [[0, 1]]));
        await first.data();
        for (const tensor of [first, ...outputs]) tensor.dispose();
      };
      times[item.name] = (await measure(run, { milliseconds, leastRuns: 3, warmUp: milliseconds })).ms;
      runnable.dispose();
    } catch (error) {
      times[item.name] = (error as Error).message;
    }
  }
  return times;
}
