/** How long work may keep everything else waiting, in milliseconds. */
const longest = 100;

/**
 * Gives a long loop's neighbours their turn. A loop on a backend that computes at once never waits for anything, so timers,
 * signals and the screen would wait until it ends.
 *
 * @returns a function to await in each round; it waits only if the last turn was a tenth of a second ago.
 */
export function pauses(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < longest) return;
    await new Promise(resolve => setTimeout(resolve, 0));
    last = performance.now();
  };
}
