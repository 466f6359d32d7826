/** One number of a layer, taken apart: its products and bias, where they come from, where its gradient goes. */
import { signal } from '@preact/signals';
import type { GlassBox, Term } from '../protocol.js';
import { pick } from './actions.js';
import { css, grey, signed } from './colours.js';
import { short } from './numbers.js';
import { isDark } from './theme.js';

const direction = signal<'forward' | 'backward'>('forward');
/** Of a vector's terms, so many are listed. */
const MOST_LISTED = 24;
/** Larger windows are not tables. */
const LARGEST_WINDOW = 7;

export function GlassBoxPanel({ box }: { box: GlassBox }) {
  const { path, place, value, kind, gradient } = box;
  return (
    <aside class="glass-box" aria-label={`Glass box of ${path}`}>
      <header>
        <h3>
          {path} [{place.join(', ')}]
        </h3>
        <button type="button" class="close" aria-label="Close the glass box" onClick={() => pick(undefined)}>
          ×
        </button>
      </header>
      <p class="total">
        {kind === 'sum' && <Sum box={box} />}
        {kind === 'maximum' && `the largest of ${box.terms.length} numbers is`}
        {kind === 'function' && `${box.type} of ${box.terms.length === 1 ? 'one number' : `${box.terms.length} numbers`} gives`}{' '}
        <output>{short(value)}</output>
      </p>
      <fieldset class="switch">
        <legend class="hidden">Direction</legend>
        <button type="button" aria-pressed={direction.value === 'forward'} onClick={() => (direction.value = 'forward')}>
          What it is made of
        </button>
        <button type="button" aria-pressed={direction.value === 'backward'} onClick={() => (direction.value = 'backward')}>
          Where its gradient goes
        </button>
      </fieldset>
      {direction.value === 'backward' && (
        <p class="note">
          The loss changes by {short(gradient)} for each 1 that this number grows. Each input gets that times its weight
          {box.bias !== undefined && ', each weight that times its input, and the bias all of it'}
          {kind === 'maximum' && ': all of it goes to the largest'}.
        </p>
      )}
      {groups(box).map(({ title, terms }) => (
        <TermGroup key={title} title={title} terms={terms} box={box} />
      ))}
    </aside>
  );
}

function Sum({ box: { terms, bias } }: { box: GlassBox }) {
  const products = terms.reduce((sum, { product }) => sum + product, 0);
  return (
    <>
      {terms.length} {terms.length === 1 ? 'product' : 'products'} <b>{short(products)}</b>
      {bias !== undefined && (
        <>
          {' '}
          + bias <b>{short(bias)}</b>
        </>
      )}{' '}
      =
    </>
  );
}

/** The terms by where they come from: a source, and a map of it. */
function groups({ terms, sources }: GlassBox): { readonly title: string; readonly terms: readonly Term[] }[] {
  const found = new Map<string, Term[]>();
  for (const term of terms) {
    const title = `from ${sources[term.input]}${term.place.length === 3 ? `, map ${term.place[0]}` : ''}`;
    if (!found.has(title)) found.set(title, []);
    found.get(title)!.push(term);
  }
  return [...found].map(([title, terms]) => ({ title, terms }));
}

function TermGroup({ title, terms, box }: { title: string; terms: readonly Term[]; box: GlassBox }) {
  const [rows, columns] = [1, 2].map(axis => range(terms.map(({ place }) => place[axis] ?? 0))) as [number[], number[]];
  const isWindow = terms[0]!.place.length === 3 && rows.length <= LARGEST_WINDOW && columns.length <= LARGEST_WINDOW;
  const isForward = direction.value === 'forward';
  const total = terms.reduce((sum, { product, gradient }) => sum + (isForward ? product : gradient), 0);
  return (
    <section>
      <h4>
        {title}
        <span class="note"> {isForward ? (box.kind === 'sum' ? `adds ${short(total)}` : '') : `gets ${short(total)}`}</span>
      </h4>
      {isWindow ? <Windows terms={terms} rows={rows} columns={columns} box={box} /> : <List terms={terms} box={box} />}
    </section>
  );
}

const range = (numbers: readonly number[]): number[] => {
  const least = Math.min(...numbers);
  return Array.from({ length: Math.max(...numbers) - least + 1 }, (_, i) => least + i);
};

/** What is shown of each term. */
function columnsOf({
  kind,
  bias,
  gradient,
}: GlassBox): readonly (readonly [name: string, of: (term: Term) => number, colours: 'grey' | 'signed'])[] {
  if (direction.value === 'forward') {
    if (kind === 'maximum') return [['input', term => term.value, 'grey']];
    return [
      ['input', term => term.value, 'grey'],
      [kind === 'sum' ? 'weight' : 'derivative', term => term.weight, 'signed'],
      ['product', term => term.product, 'signed'],
    ];
  }
  return [
    ['to the input', term => term.gradient, 'signed'],
    ...(bias === undefined ? [] : [['to the weight', (term: Term) => gradient * term.value, 'signed'] as const]),
  ];
}

function Windows({ terms, rows, columns, box }: { terms: readonly Term[]; rows: number[]; columns: number[]; box: GlassBox }) {
  const at = new Map(terms.map(term => [`${term.place[1]},${term.place[2]}`, term]));
  return (
    <div class="windows">
      {columnsOf(box).map(([name, of, colours]) => {
        const values = box.terms.map(of);
        const [low, high] = [Math.min(...values), Math.max(...values)];
        const colour = (x: number): string =>
          css(colours === 'grey' ? grey(x, low, high) : signed(x, Math.max(-low, high), isDark.value));
        return (
          <table key={name} class={colours}>
            <caption>{name}</caption>
            <tbody>
              {rows.map(y => (
                <tr key={y}>
                  {columns.map(x => {
                    const term = at.get(`${y},${x}`);
                    if (!term) return <td key={x} />;
                    const number = of(term);
                    return (
                      <td
                        key={x}
                        style={{
                          background: colour(number),
                          ...(colours === 'grey' && { color: (number - low) / (high - low || 1) > 0.55 ? '#000' : '#fff' }),
                        }}
                        title={`[${term.place.join(', ')}]: ${number}`}
                      >
                        {tiny(number)}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        );
      })}
    </div>
  );
}

/** Two digits, for the cells of a table. */
const tiny = (x: number): string => {
  if (x === 0) return '0';
  const size = Math.abs(x);
  if (size < 0.005) return x < 0 ? '-0' : '+0';
  return size < 10 ? x.toFixed(size < 1 ? 2 : 1).replace('0.', '.') : x.toFixed(0);
};

function List({ terms, box }: { terms: readonly Term[]; box: GlassBox }) {
  const columns = columnsOf(box);
  const by = columns.at(-1)![1];
  const ranked = [...terms].sort((a, b) => Math.abs(by(b)) - Math.abs(by(a)));
  const rest = ranked.slice(MOST_LISTED);
  return (
    <table class="list">
      <thead>
        <tr>
          <th scope="col">place</th>
          {columns.map(([name]) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {ranked.slice(0, MOST_LISTED).map(term => (
          <tr key={term.place.join()}>
            <th scope="row">{term.place.join(', ')}</th>
            {columns.map(([name, of]) => (
              <td key={name}>{short(of(term))}</td>
            ))}
          </tr>
        ))}
      </tbody>
      {rest.length > 0 && (
        <tfoot>
          <tr>
            <td colSpan={columns.length + 1}>
              and {rest.length} smaller ones, together {short(rest.reduce((sum, term) => sum + by(term), 0))}
            </td>
          </tr>
        </tfoot>
      )}
    </table>
  );
}
