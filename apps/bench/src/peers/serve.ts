/**
 * How two sides of a comparison talk: each is a process that says `ready NAME VERSION` on its standard output, then answers each
 * line `run ITEM MILLISECONDS` on its standard input by `ms NUMBER`, `skip REASON` or `error MESSAGE`. Other lines are a
 * library's own and mean nothing. It ends when its input does.
 */
import { createInterface } from 'node:readline';
import { measure, WARM_UP } from '../measure.js';

/** An item that a peer has made ready. */
export interface Prepared {
  /** One run; its result must be there when it ends. */
  run(): unknown;
  dispose?(): void;
}

/** One side of a comparison. */
export interface Peer {
  /** Without spaces. */
  readonly name: string;
  readonly version: string;
  /** Makes an item ready, or says why the peer does not have it. */
  prepare(item: string): Promise<Prepared | { readonly skip: string }>;
}

/** Where requests come from and answers go. */
export interface Streams {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** Answers requests until the input ends. The item of the last request stays ready, since it will be asked for again. */
export async function serve(
  peer: Peer,
  { input, output }: Streams = { input: process.stdin, output: process.stdout },
): Promise<void> {
  const say = (line: string): void => void output.write(`${line.replaceAll('\n', ' ')}\n`);
  let item: string | undefined;
  let prepared: Prepared | { readonly skip: string } | undefined;
  say(`ready ${peer.name} ${peer.version}`);
  for await (const line of createInterface({ input })) {
    const [, name, budget] = /^run (\S+) (\S+)$/.exec(line) ?? [];
    try {
      if (name === undefined) throw new Error(`'${line}' is not 'run ITEM MILLISECONDS'`);
      const isNew = name !== item;
      if (isNew) {
        if (prepared && 'run' in prepared) prepared.dispose?.();
        prepared = undefined;
        item = undefined;
        prepared = await peer.prepare(name);
        item = name;
      }
      say(await answer(prepared!, Number(budget), isNew));
    } catch (error) {
      say(`error ${(error as Error).message}`);
    }
  }
}

async function answer(prepared: Prepared | { readonly skip: string }, milliseconds: number, isNew: boolean): Promise<string> {
  if ('skip' in prepared) return `skip ${prepared.skip}`;
  const run = async (): Promise<void> => void (await prepared.run());
  const { ms } = await measure(run, { milliseconds, leastRuns: 3, warmUp: isNew ? WARM_UP : 0 });
  return `ms ${ms}`;
}
