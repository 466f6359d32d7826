/** `cnn train --profile`: where the time of some steps goes. */
import { type AnyBackend, formatProfile, profile } from '@cnn/tensor';
import type { TrainEvent } from '@cnn/train';

/** The steps that are recorded come after those in which the engine compiles what runs often. */
const WARM_UP = 50;
const STEPS = 100;

/** A backend that is watched for some steps of a run, or for all of a short one. */
export function profileSteps(opened: AnyBackend) {
  const profiler = profile(opened);
  let steps = 0;
  return {
    backend: profiler.backend,
    onEvent(event: TrainEvent): void {
      if (event.type === 'step') {
        steps++;
        if (steps === WARM_UP) profiler.reset();
      }
      // Between the last step of an epoch and its end the net is evaluated.
      const isEvaluated = event.type === 'step' && event.step % event.batches === 0;
      profiler.recording = steps < WARM_UP + STEPS && !isEvaluated;
    },
    /** To be called when the last step was made. */
    stop(): void {
      profiler.recording = false;
    },
    /** What took how long, for people. */
    table: (): string => formatProfile(profiler.report()),
    /** Each call, as the JSON of a trace file. */
    trace: (): string => JSON.stringify(profiler.trace()),
  };
}
