import { percent } from './numbers.js';
import { data } from './state.js';

/** Class probabilities as bars, the likeliest first. */
export function Probabilities({ values, most = 10 }: { values: readonly number[]; most?: number }) {
  const classes = data.value?.classes ?? [];
  const ranked = values
    .map((value, i) => ({ value, name: classes[i] ?? '' }))
    .sort((a, b) => b.value - a.value)
    .slice(0, most);
  return (
    <ol class="bars">
      {ranked.map(({ value, name }) => (
        <li key={name}>
          <span class="name">{name}</span>
          <span class="bar" style={{ '--share': value }} />
          <span class="value">{percent(value)}</span>
        </li>
      ))}
    </ol>
  );
}
