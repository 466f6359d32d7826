import type { AnyBackend } from '@cnn/tensor';
import { execute } from './execute.js';
import type { Item } from './items/index.js';
import { floorOf, type Machine } from './machine.js';
import { type Budget, measure } from './measure.js';

/** How fast an item ran. */
export interface Result {
  /** Milliseconds of a run, the median. */
  readonly ms: number;
  /** Billions of floating-point operations in a second, by the direct method: Winograd's algorithm makes fewer. */
  readonly gflops?: number;
  readonly imagesPerSecond?: number;
  /** The least milliseconds that the machine could take for the item's operations or bytes. */
  readonly floorMs: number;
}

/** Times an item on a backend. */
export async function timeItem(
  item: Item,
  backend: AnyBackend,
  { budget, machine, threads }: { readonly budget: Budget; readonly machine: Machine; readonly threads: number },
): Promise<Result> {
  const executed = execute(item, backend);
  try {
    const { ms } = await measure(executed.run, budget);
    const { flops, images } = item.work;
    return {
      ms,
      ...(images === undefined ? { gflops: flops / ms / 1e6 } : { imagesPerSecond: (images / ms) * 1e3 }),
      floorMs: floorOf(item.work, machine, threads),
    };
  } finally {
    executed.dispose();
  }
}
