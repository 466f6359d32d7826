/**
 * What a thread runs, as text: it is started from this package's code alone, in Node and in browsers, whatever a bundler does.
 *
 * The words of a mailbox are those of {@link Word}, its arguments are float64. A thread waits for the number of calls to change,
 * calls the export that it is told unless the caller has begun that call itself, and stores the number of the call when it is
 * done. It spins for a while first, since the next call mostly comes within microseconds, and then sleeps.
 */
export const workerSource = `
const start = ({ module, memory, mailbox, argumentsAt, spins }) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = WebAssembly.Module.exports(module).map(({ name }) => exports[name]);
  const words = new Int32Array(memory.buffer, mailbox, argumentsAt / 4);
  const values = new Float64Array(memory.buffer, mailbox + argumentsAt, 48);
  let calls = 0;
  Atomics.store(words, 1, -1);
  for (;;) {
    for (let turn = 0; Atomics.load(words, 0) === calls; turn++) {
      if (turn < spins) continue;
      Atomics.store(words, 2, 1);
      Atomics.wait(words, 0, calls);
      Atomics.store(words, 2, 0);
    }
    const before = Atomics.load(words, 0) - 1 | 0;
    calls = before + 1 | 0;
    if (Atomics.compareExchange(words, 7, before, calls) !== before) continue;
    let failed = 0;
    try {
      kernels[words[4]](...values.subarray(0, words[5]));
    } catch {
      failed = 1;
    }
    words[6] = failed;
    Atomics.store(words, 1, calls);
    if (Atomics.load(words, 3)) Atomics.notify(words, 1);
  }
};
`;
