import type { TrainEvent } from '@cnn/train';
import { clock, progressBar } from '../progress.js';

/** Shows a run as it goes: a bar with live figures for whoever watches, and a line an epoch. */
export function trainingProgress(enabled: boolean): { onEvent(event: TrainEvent): void; stop(): void } {
  const bar = progressBar('', enabled);
  let loss: number | undefined;
  let accuracy = 0;
  let start = { images: 0, seconds: 0 };
  return {
    onEvent(event) {
      if (!enabled) return;
      if (event.type === 'step') {
        // Smoothed over about 20 steps, so that the figures can be read.
        loss = loss === undefined ? event.loss : 0.95 * loss + 0.05 * event.loss;
        accuracy = accuracy === 0 ? event.accuracy : 0.95 * accuracy + 0.05 * event.accuracy;
        if (start.images === 0) start = { images: event.images - 1, seconds: event.seconds - 1e-3 };
        const speed = (event.images - start.images) / (event.seconds - start.seconds);
        const total = event.epochs * event.batches;
        const left = ((total - event.step) * (event.images / event.step)) / speed;
        bar.update(
          event.step,
          total,
          `epoch ${event.epoch}/${event.epochs}, loss ${loss.toFixed(4)}, accuracy ${(100 * accuracy).toFixed(1)} %, ${Math.round(speed)} images/s, ${clock(left)} left`,
        );
      } else if (event.type === 'epochEnd') {
        const test =
          event.testAccuracy === undefined
            ? ''
            : `, test loss ${event.testLoss!.toFixed(4)}, test accuracy ${(100 * event.testAccuracy).toFixed(2)} %`;
        bar.clearLine();
        process.stdout.write(
          `epoch ${event.epoch}: train loss ${event.trainLoss.toFixed(4)}, train accuracy ${(100 * event.trainAccuracy).toFixed(2)} %${test}, ${Math.round(event.imagesPerSecond)} images/s\n`,
        );
      }
    },
    stop: () => bar.stop(),
  };
}
