import { useEffect, useState } from 'preact/hooks';
import { setWeight } from './actions.js';
import { pickedWeight } from './state.js';

/** A weight that was picked in the pictures of the filters, to be changed. */
export function WeightEditor({ of: variable }: { of: string | undefined }) {
  const weight = pickedWeight.value;
  const [text, setText] = useState('');
  useEffect(() => setText(weight ? String(Number(weight.value.toPrecision(7))) : ''), [weight]);
  if (!weight || weight.variable !== variable) return null;
  const value = Number(text);
  return (
    <form
      class="weight-editor"
      onSubmit={event => {
        event.preventDefault();
        if (text.trim() !== '' && Number.isFinite(value)) void setWeight(value);
      }}
    >
      <label>
        {weight.variable}, number {weight.index}
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
