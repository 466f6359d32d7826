import { type AugmentationName, augmentationNames, type OptimizerName, optimizerNames } from '../protocol.js';
import { configure } from './actions.js';
import { settings, settingsProblem } from './state.js';

const labels: Readonly<Record<AugmentationName, string>> = {
  shift: 'Shift',
  rotate: 'Rotate',
  flip: 'Mirror',
  erase: 'Erase a square',
};
/** A rate that each optimizer usually begins with. */
const usualRates: Readonly<Record<OptimizerName, number>> = {
  sgd: 0.05,
  adam: 0.002,
  adamW: 0.002,
  rmsprop: 0.001,
  adagrad: 0.01,
  adadelta: 1,
};

/** How training goes on; every change counts from the next step. */
export function TrainingPanel() {
  const { optimizer, learningRate, augmentation } = settings.value;
  const change = (part: Partial<typeof settings.value>): void => void configure({ ...settings.value, ...part });
  const number = (option: 'momentum' | 'weightDecay' | 'batchSize', label: string) => (
    <label>
      {label}
      <input
        type="number"
        step="any"
        min="0"
        value={settings.value[option]}
        onChange={({ currentTarget }) => change({ [option]: currentTarget.valueAsNumber })}
      />
    </label>
  );
  return (
    <section aria-labelledby="training">
      <h2 id="training">Training</h2>
      <div class="form">
        <label>
          Optimizer
          <select
            value={optimizer}
            onChange={({ currentTarget }) => {
              const name = currentTarget.value as OptimizerName;
              change({ optimizer: name, learningRate: usualRates[name] });
            }}
          >
            {optimizerNames.map(name => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          Learning rate
          <input
            type="number"
            step="any"
            min="0"
            value={learningRate}
            onChange={({ currentTarget }) => change({ learningRate: currentTarget.valueAsNumber })}
          />
        </label>
        <input
          type="range"
          aria-label="Learning rate, as a power of ten"
          min="-5"
          max="0.5"
          step="0.1"
          value={Math.log10(learningRate)}
          onInput={({ currentTarget }) => change({ learningRate: Number((10 ** currentTarget.valueAsNumber).toPrecision(2)) })}
        />
        {optimizer === 'sgd' && number('momentum', 'Momentum')}
        {number('weightDecay', 'Weight decay')}
        {number('batchSize', 'Batch size')}
        <fieldset class="choices">
          <legend>Augmentation</legend>
          {augmentationNames.map(name => (
            <label key={name}>
              <input
                type="checkbox"
                checked={augmentation.includes(name)}
                onChange={({ currentTarget }) =>
                  change({
                    augmentation: augmentationNames.filter(other =>
                      other === name ? currentTarget.checked : augmentation.includes(other),
                    ),
                  })
                }
              />
              {labels[name]}
            </label>
          ))}
        </fieldset>
      </div>
      {settingsProblem.value && <p class="problem">{settingsProblem.value}</p>}
    </section>
  );
}
