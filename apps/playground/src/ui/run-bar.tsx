/** The buttons of training, and where it stands. */
import { startOver, toggleTraining, trainStep } from './actions.js';
import { smoothed } from './curve.js';
import { count, percent, short } from './numbers.js';
import { curve, evaluation, network, progress, running } from './state.js';

export function RunBar() {
  const ready = network.value !== undefined;
  const { loss, accuracy } = curve.value;
  const figures = [
    ['Step', progress.value ? count(progress.value.step) : '0'],
    ['Epoch', progress.value ? progress.value.epoch.toFixed(2) : '0'],
    ['Loss', loss.length > 0 ? short(smoothed(loss).at(-1)!) : '–'],
    ['Training accuracy', accuracy.length > 0 ? percent(smoothed(accuracy).at(-1)!) : '–'],
    ['Test accuracy', evaluation.value ? percent(evaluation.value.accuracy) : '–'],
    ['Images a second', progress.value ? count(progress.value.imagesPerSecond) : '–'],
  ] as const;
  return (
    <div class="run-bar" data-seconds={progress.value?.seconds}>
      <div class="buttons">
        <button type="button" class="primary" disabled={!ready} onClick={toggleTraining}>
          {running.value ? 'Pause' : 'Train'}
        </button>
        <button type="button" disabled={!ready} onClick={trainStep} title="One training step">
          Step
        </button>
        <button type="button" disabled={!ready} onClick={startOver} title="The same network with fresh weights">
          Start over
        </button>
      </div>
      <dl class="figures">
        {figures.map(([name, value]) => (
          <div key={name} data-figure={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
