/** How the network does on the test images: predictions, confusion matrix, worst mistakes. */
import { signal } from '@preact/signals';
import type { Prediction } from '../protocol.js';
import { evaluateNow, lookAtImage, PREDICTIONS, showPredictions } from './actions.js';
import { count, percent } from './numbers.js';
import { data, evaluation, firstPrediction, network, predictions } from './state.js';
import { Thumb } from './thumb.js';

const views = ['Predictions', 'Confusion', 'Worst mistakes'] as const;
const view = signal<(typeof views)[number]>('Predictions');

export function TestImages() {
  if (!network.value || !data.value) return null;
  const found = evaluation.value;
  return (
    <section aria-labelledby="test-images">
      <h2 id="test-images">Test images</h2>
      <div class="toolbar">
        <fieldset class="switch">
          <legend class="hidden">View</legend>
          {views.map(name => (
            <button
              key={name}
              type="button"
              aria-pressed={view.value === name}
              onClick={() => {
                view.value = name;
              }}
            >
              {name}
            </button>
          ))}
        </fieldset>
        <p class="note">
          {found
            ? `${percent(found.accuracy)} of ${count(found.images)} right at step ${count(found.step)}. `
            : 'Not evaluated yet. '}
          <button type="button" class="link" onClick={evaluateNow}>
            Evaluate now
          </button>
        </p>
      </div>
      {view.value === 'Predictions' && <Predictions />}
      {view.value === 'Confusion' && <Confusion />}
      {view.value === 'Worst mistakes' &&
        (found && found.worst.length > 0 ? (
          <Gallery of={found.worst} />
        ) : (
          <p class="note">{found ? 'No mistakes among them.' : 'Train, or evaluate now.'}</p>
        ))}
    </section>
  );
}

function Predictions() {
  const first = firstPrediction.value;
  const { test } = data.value!;
  return (
    <>
      <Gallery of={predictions.value} />
      <div class="buttons">
        <button type="button" disabled={first === 0} onClick={() => showPredictions(first - PREDICTIONS)}>
          Before
        </button>
        <button type="button" disabled={first + PREDICTIONS >= test} onClick={() => showPredictions(first + PREDICTIONS)}>
          Next
        </button>
        <span class="note">
          {first} to {Math.min(test, first + PREDICTIONS) - 1} of {count(test)}
        </span>
      </div>
    </>
  );
}

/** Images with what the network takes them for; a click looks inside. */
function Gallery({ of }: { of: readonly Prediction[] }) {
  const { classes, shape } = data.value!;
  return (
    <div class="gallery">
      {of.map(({ index, label, pixels, probabilities }) => {
        const probability = Math.max(...probabilities);
        const guess = probabilities.indexOf(probability);
        const isRight = guess === label;
        return (
          <button
            key={index}
            type="button"
            class={isRight ? 'right' : 'wrong'}
            title="Look inside the network with this image"
            onClick={() => lookAtImage(index)}
          >
            <Thumb pixels={pixels} shape={shape} label={`Test image ${index}, ${classes[label]}`} />
            <span>
              <b>{classes[guess]}</b> {percent(probability)}
            </span>
            <span class="truth">{isRight ? '✓' : `is ${classes[label]}`}</span>
          </button>
        );
      })}
    </div>
  );
}

function Confusion() {
  const found = evaluation.value;
  const { classes } = data.value!;
  if (!found) return <p class="note">Train, or evaluate now.</p>;
  const sums = found.confusion.map(row => row.reduce((sum, n) => sum + n, 0));
  const mostWrong = Math.max(1, ...found.confusion.flatMap((row, i) => row.filter((_, j) => i !== j)));
  return (
    <div class="wide">
      <table class="confusion">
        <caption class="note">Rows: what they are. Columns: what the network takes them for.</caption>
        <thead>
          <tr>
            <td />
            {classes.map(name => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            <th scope="col">recall</th>
          </tr>
        </thead>
        <tbody>
          {found.confusion.map((row, i) => (
            <tr key={classes[i]}>
              <th scope="row" class="row-name">
                {classes[i]}
              </th>
              {row.map((n, j) => (
                <td
                  key={classes[j]}
                  class={n === 0 ? 'zero' : i === j ? 'right' : 'wrong'}
                  style={{ '--share': i === j ? n / (sums[i] || 1) : n / mostWrong }}
                >
                  {n}
                </td>
              ))}
              <td class="recall">{percent(row[i]! / sums[i]!)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
