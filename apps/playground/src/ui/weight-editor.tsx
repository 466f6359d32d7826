import { useState } from 'preact/hooks';
import { setWeight } from './actions.js';
import { pickedWeight } from './state.js';

/** A weight that was picked in the pictures of the filters, to be changed. */
export function WeightEditor({ of: variable }: { of: string | undefined }) {
  const weight = pickedWeight.value;
  if (!weight || weight.variable !== variable) return null;
  // Another weight, or another value of it, is another form, so that what is typed is never overwritten.
  return <WeightForm key={`${weight.variable} ${weight.index} ${weight.value}`} {...weight} />;
}

function WeightForm({ variable, index, value }: { variable: string; index: number; value: number }) {
  const [text, setText] = useState(() => String(Number(value.toPrecision(7))));
  const typed = Number(text);
  return (
    <form
      class="weight-editor"
      onSubmit={event => {
        event.preventDefault();
        if (text.trim() !== '' && Number.isFinite(typed)) void setWeight(typed);
      }}
    >
      <label>
        {variable}, number {index}
        <input inputMode="decimal" value={text} onInput={({ currentTarget }) => setText(currentTarget.value)} />
      </label>
      <button type="submit">Change it</button>
      <button
        type="button"
        onClick={() => {
          pickedWeight.value = undefined;
        }}
      >
        Close
      </button>
    </form>
  );
}
