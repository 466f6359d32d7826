/** Progress bars, on the error stream so that results can be piped. */
import { Presets, SingleBar } from 'cli-progress';

/** A bar that shows how far something is. */
export interface ProgressBar {
  update(done: number, total: number, text?: string): void;
  /** Makes room for a line of text; the bar comes back with the next update. */
  clearLine(): void;
  stop(): void;
}

/** A bar with a title, which may be empty. Nothing is drawn if `enabled` is false or nobody watches. */
export function progressBar(title: string, enabled: boolean): ProgressBar {
  if (!enabled || !process.stderr.isTTY) return { update: () => {}, clearLine: () => {}, stop: () => {} };
  const bar = new SingleBar(
    {
      format: `${title} {bar} {percentage} % {text}`.trimStart(),
      // What the text of `cnn train` leaves of the line.
      barsize: Math.min(40, Math.max(5, process.stderr.columns - 85)),
      hideCursor: true,
      clearOnComplete: true,
      stream: process.stderr,
    },
    Presets.shades_classic,
  );
  let started = false;
  return {
    update(done, total, text = '') {
      if (!started) bar.start(total, done, { text });
      started = true;
      bar.setTotal(total);
      bar.update(done, { text });
    },
    clearLine() {
      if (started) process.stderr.write('\r\u001b[K');
    },
    stop() {
      if (started) bar.stop();
    },
  };
}

/** Seconds as `1:02:03`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}
