import { OptionError } from '@cnn/tensor';
import { convolution } from './convolution.js';
import { inference } from './inference.js';
import type { Item } from './item.js';
import { sgemm } from './sgemm.js';
import { training } from './training.js';

export { bytesOf, type Item, noise, type Runnable, type Work } from './item.js';

/** Everything that is timed, in the order in which it runs. */
export const items: readonly Item[] = [...sgemm, ...convolution, ...training, ...inference];

/**
 * The items of some names, or of whole words at their beginning: `conv-i` is conv-i-fwd and conv-i-fwdbwd, `sgemm` all three.
 *
 * @throws {OptionError} for a name that none has.
 */
export function selectItems(names: readonly string[]): readonly Item[] {
  const isOf = (name: string, item: Item): boolean => item.name === name || item.name.startsWith(`${name}-`);
  for (const name of names) {
    if (!items.some(item => isOf(name, item)))
      throw new OptionError('bench', '--only', name, items.map(item => item.name).join(', '));
  }
  return names.length === 0 ? items : items.filter(item => names.some(name => isOf(name, item)));
}
