import { OptionError } from '@cnn/tensor';
import { inFolder } from '../folder.js';
import { selectItems } from '../items/index.js';
import { Member } from '../peers/member.js';
import { peerCommand } from '../peers/peers.js';
import { type Command, pinned } from '../peers/pin.js';
import { type Comparison, compare } from '../peers/versus.js';
import { comparisonHead, comparisonLine } from '../report.js';
import { cpuOptions, printJson, type Settings, tell } from './settings.js';

/**
 * Times our items and a peer's in turns, each in a process of its own; on one thread both on the same core. As JSON
 * `{ item: { ours, peer, ratio: { median, least, most } } | { skip } }`.
 *
 * @throws {OptionError} for several counts of threads at once.
 */
export async function runVersus(peer: string, settings: Settings): Promise<void> {
  const { threads: counts, pairs, python, isa, only, budget = 300, json } = settings;
  const [threads, ...more] = counts;
  if (more.length > 0) throw new OptionError('bench', '--threads', counts, 'one number with --vs');
  const chosen = selectItems(only);
  const place = (command: Command): Command => (threads === 1 ? pinned(command) : command);
  const theirs = await Member.start(place(peerCommand(peer, { threads: threads!, python, ...(isa && { isa }) })));
  try {
    const member = [process.execPath, inFolder('dist/member.js'), JSON.stringify(cpuOptions(settings, threads!))] as const;
    const ours = await Member.start(place(member));
    try {
      tell(settings, `${ours.title} and ${theirs.title}, ${pairs} pairs; a ratio above 1: cnn is faster`);
      tell(settings, comparisonHead());
      const results: Record<string, Comparison | { readonly skip: string }> = {};
      for (const { name } of chosen) {
        results[name] = await compare(name, ours, theirs, { pairs, milliseconds: budget });
        tell(settings, comparisonLine(name, results[name]));
      }
      if (json) printJson(results);
    } finally {
      ours.stop();
    }
  } finally {
    theirs.stop();
  }
}
