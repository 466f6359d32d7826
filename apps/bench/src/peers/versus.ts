import { CnnError } from '@cnn/tensor';
import { median, type Ratio, ratioOf } from '../statistics.js';
import type { Answer } from './member.js';

/** What can be asked for the time of an item. */
export interface Timed {
  run(item: string, milliseconds: number): Promise<Answer>;
}

/** One item of both sides. */
export interface Comparison {
  /** Median of the turns, in milliseconds. */
  readonly ours: number;
  readonly peer: number;
  readonly ratio: Ratio;
}

/** Lets both take turns on an item: ours, the peer, ours, the peer. Gives the reason if the peer does not have it. */
export async function compare(
  item: string,
  ours: Timed,
  peer: Timed,
  { pairs, milliseconds }: { readonly pairs: number; readonly milliseconds: number },
): Promise<Comparison | { readonly skip: string }> {
  // The first turn of each makes the item ready, and does not count.
  const first = await peer.run(item, 0);
  if ('skip' in first) return first;
  await timeOf(ours, item, 0);
  const times: { ours: number; peer: number }[] = [];
  while (times.length < pairs) {
    times.push({ ours: await timeOf(ours, item, milliseconds), peer: await timeOf(peer, item, milliseconds) });
  }
  return { ours: median(times.map(({ ours }) => ours)), peer: median(times.map(({ peer }) => peer)), ratio: ratioOf(times) };
}

async function timeOf(timed: Timed, item: string, milliseconds: number): Promise<number> {
  const answer = await timed.run(item, milliseconds);
  if ('skip' in answer) throw new CnnError(`${item}: ${answer.skip}`);
  return answer.ms;
}
