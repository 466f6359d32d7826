/** Threads that run kernels of one WASM module on one shared memory, beside the caller, who runs kernels too and waits. */
import { BackendError } from '@cnn/tensor';
import type { NodeModules } from '../node-modules.js';
import type { KernelCall } from './kernel-call.js';
import { workerSource } from './worker-source.js';

/** The words of a thread's mailbox, all int32. */
const Word = {
  /** How many calls there were; written last by the caller. */
  calls: 0,
  /** The last call that is done; -1 once the thread runs. */
  done: 1,
  /** Whether the thread sleeps until `calls` changes. */
  threadSleeps: 2,
  /** Whether the caller sleeps until `done` changes. */
  callerSleeps: 3,
  kernel: 4,
  argumentCount: 5,
  failed: 6,
  /** The last call that somebody has begun: the thread, or the caller where the thread was late. */
  begun: 7,
} as const;

/** Bytes of the words; the arguments follow. */
const ARGUMENTS_AT = 64;
/** Of one thread, with room for 48 arguments. */
export const MAILBOX_BYTES = 512;
/**
 * Turns of the waiting loop before a side sleeps: some two milliseconds, longer than the caller works alone between two kernels. To
 * wake a thread takes 15 to 80 microseconds, as long as a small kernel.
 */
const SPINS = 600_000;
/** A caller that may not sleep, as the main thread of a page, goes on spinning. */
const SLEEP_MS = 1;

/** Node's workers; undefined in a browser. */
export type NodeWorkers = NodeModules['node:worker_threads'] | undefined;

/** Whether threads can share memory here: they can in Node and on cross-origin isolated pages. */
export function hasThreads(node: NodeWorkers): boolean {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  return typeof SharedArrayBuffer === 'function' && crossOriginIsolated !== false && workerStarter(node) !== undefined;
}

/** What is used of a worker, of Node's kind or the web's. */
interface Worker {
  terminate(): unknown;
}

/** What starts a worker on `workerSource`, or `undefined` where there are none. */
function workerStarter(node: NodeWorkers): ((data: object) => Worker) | undefined {
  if (node) {
    return data => {
      const worker = new node.Worker(`${workerSource}start(process.getBuiltinModule('node:worker_threads').workerData);`, {
        eval: true,
        workerData: data,
        // Options of the process, as modules to load first, are not for threads.
        execArgv: [],
      });
      worker.unref();
      return worker;
    };
  }
  if (typeof globalThis.Worker !== 'function' || typeof Blob !== 'function') return undefined;
  return data => {
    const url = URL.createObjectURL(
      new Blob([`${workerSource}onmessage = ({ data }) => start(data);`], { type: 'text/javascript' }),
    );
    const worker = new globalThis.Worker(url);
    worker.postMessage(data);
    return worker;
  };
}

/** The threads beside the caller's own. */
export class Threads {
  readonly #workers: Worker[] = [];
  readonly #words: Int32Array[] = [];
  readonly #values: Float64Array[] = [];
  readonly #indices = new Map<string, number>();

  private constructor(
    node: NodeWorkers,
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    count: number,
    mailboxes: number,
  ) {
    const startWorker = workerStarter(node)!;
    WebAssembly.Module.exports(module).forEach(({ name }, i) => {
      this.#indices.set(name, i);
    });
    for (let i = 0; i < count; i++) {
      const mailbox = mailboxes + i * MAILBOX_BYTES;
      this.#words.push(new Int32Array(memory.buffer, mailbox, ARGUMENTS_AT / 4));
      this.#values.push(new Float64Array(memory.buffer, mailbox + ARGUMENTS_AT, (MAILBOX_BYTES - ARGUMENTS_AT) / 8));
      this.#workers.push(startWorker({ module, memory, mailbox, argumentsAt: ARGUMENTS_AT, spins: SPINS }));
    }
  }

  /**
   * Starts `count` threads. `mailboxes` points to `MAILBOX_BYTES` of zeros for each.
   *
   * @throws {BackendError} if one does not come up within ten seconds.
   */
  static async start(
    node: NodeWorkers,
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    count: number,
    mailboxes: number,
  ): Promise<Threads> {
    const threads = new Threads(node, module, memory, count, mailboxes);
    const end = Date.now() + 10_000;
    while (threads.#words.some(words => Atomics.load(words, Word.done) !== -1)) {
      if (Date.now() > end) {
        threads.stop();
        throw new BackendError(`cpu: ${count} threads did not start within ten seconds`);
      }
      await new Promise(resolve => setTimeout(resolve, 1));
    }
    return threads;
  }

  /** How many there are beside the caller's own. */
  get count(): number {
    return this.#workers.length;
  }

  /**
   * Runs calls that write to different places: the first on the caller's thread, the others on threads of their own. There are at
   * most `count` + 1. A call that its thread has not begun when the caller is done, because it sleeps or has no core, is the caller's.
   *
   * @param here - Runs a call on the caller's thread.
   * @throws {BackendError} if a call failed on a thread; the caller's own error is thrown as it is. Either way all calls have ended.
   */
  run(calls: readonly KernelCall[], here: (call: KernelCall) => void): void {
    for (let i = 1; i < calls.length; i++) this.#send(i - 1, calls[i]!);
    try {
      here(calls[0]!);
    } finally {
      for (let i = 1; i < calls.length; i++) if (this.#begin(i - 1)) this.#runLate(i - 1, calls[i]!, here);
      for (let i = 1; i < calls.length; i++) this.#wait(i - 1);
    }
    for (let i = 1; i < calls.length; i++) {
      if (this.#words[i - 1]![Word.failed]) throw new BackendError(`cpu: the kernel '${calls[i]!.kernel}' failed on a thread`);
    }
  }

  #send(thread: number, { kernel, args }: KernelCall): void {
    const words = this.#words[thread]!;
    const values = this.#values[thread]!;
    for (let i = 0; i < args.length; i++) values[i] = Number(args[i]);
    words[Word.kernel] = this.#indices.get(kernel)!;
    words[Word.argumentCount] = args.length;
    words[Word.failed] = 0;
    Atomics.add(words, Word.calls, 1);
    if (Atomics.load(words, Word.threadSleeps)) Atomics.notify(words, Word.calls);
  }

  /** Takes the call that a thread was sent, unless it has begun it. */
  #begin(thread: number): boolean {
    const words = this.#words[thread]!;
    const call = words[Word.calls]!;
    const before = (call - 1) | 0;
    if (Atomics.compareExchange(words, Word.begun, before, call) !== before) return false;
    Atomics.store(words, Word.done, call);
    return true;
  }

  #runLate(thread: number, call: KernelCall, here: (call: KernelCall) => void): void {
    try {
      here(call);
    } catch {
      this.#words[thread]![Word.failed] = 1;
    }
  }

  #wait(thread: number): void {
    const words = this.#words[thread]!;
    const call = words[Word.calls]!;
    for (let turn = 0; Atomics.load(words, Word.done) !== call; turn++) {
      if (turn > SPINS) sleep(words);
    }
  }

  /** Ends the threads. */
  stop(): void {
    for (const worker of this.#workers) worker.terminate();
    this.#workers.length = 0;
  }
}

/** Lets a busy core go to the thread that is waited for. */
function sleep(words: Int32Array): void {
  const before = Atomics.load(words, Word.done);
  if (before === words[Word.calls]) return;
  Atomics.store(words, Word.callerSleeps, 1);
  try {
    Atomics.wait(words, Word.done, before, SLEEP_MS);
  } catch {
    // The main thread of a page may not sleep.
  }
  Atomics.store(words, Word.callerSleeps, 0);
}
