import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CnnError } from '@cnn/tensor';

/** What a member says of an item. */
export type Answer = { readonly ms: number } | { readonly skip: string };

/** The process of one side of a comparison, as `serve.ts` describes it. */
export class Member {
  /** Its name and version, as it gives them. */
  readonly title: string;
  readonly #child: ChildProcess;
  readonly #next: () => Promise<string>;

  private constructor(title: string, child: ChildProcess, next: () => Promise<string>) {
    this.title = title;
    this.#child = child;
    this.#next = next;
  }

  /** Starts a member and waits until it is ready. @throws {CnnError} with the end of what it printed, if it dies. */
  static async start([command, ...args]: readonly [string, ...string[]]): Promise<Member> {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const next = answersOf(child, [command, ...args].join(' '));
    return new Member((await next()).slice('ready '.length), child, next);
  }

  /** Times an item. @throws {CnnError} if the member reports an error or dies. */
  async run(item: string, milliseconds: number): Promise<Answer> {
    this.#child.stdin!.write(`run ${item} ${milliseconds}\n`);
    const line = await this.#next();
    const rest = line.slice(line.indexOf(' ') + 1);
    if (line.startsWith('skip ')) return { skip: rest };
    const ms = Number(rest);
    if (!line.startsWith('ms ') || !(ms > 0)) throw new CnnError(`${this.title}, ${item}: ${rest}`);
    return { ms };
  }

  /** Lets the process end. */
  stop(): void {
    this.#child.stdin!.end();
    this.#child.kill();
  }
}

/** Gives the lines of a process that mean something, one after the other. */
function answersOf(child: ChildProcess, command: string): () => Promise<string> {
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  let printed = '';
  let failure: Error | undefined;
  child.stderr!.setEncoding('utf8').on('data', text => {
    printed = (printed + text).slice(-2000);
  });
  const ended = new Promise<void>(resolve => {
    child.on('close', () => resolve());
    child.on('error', error => {
      failure = error;
      resolve();
    });
  });
  // A request to a process that has ended is answered by its end.
  child.stdin!.on('error', () => {});
  return async () => {
    for (;;) {
      const { done, value } = await lines.next();
      if (done) {
        await ended;
        throw new CnnError(
          `${command} ended: ${failure?.message ?? (printed.trimEnd() || `with ${child.exitCode ?? child.signalCode}`)}`,
        );
      }
      if (/^(ready|ms|skip|error) /.test(value)) return value;
    }
  };
}
