/** The network's text as a form: a row a layer. Every change is a change of the text. */
import { formatJson } from '../text/format-json.js';
import { edit } from './actions.js';
import { layerFields } from './layer-fields.js';
import { sizes } from './numbers.js';
import { draft, draftNetwork } from './state.js';

type Json = Readonly<Record<string, unknown>>;
/** A layer's name and its JSON. */
type Entry = readonly [name: string, layer: Json];

interface Chain {
  readonly file: Json;
  readonly entries: readonly Entry[];
  /** Whether the layers are a list, and so named by their place. */
  readonly isList: boolean;
}

/** The layers of a text that is one layer after another. */
function chainOf(text: string): Chain | undefined {
  try {
    const file = JSON.parse(text) as { readonly model?: { readonly type?: unknown; readonly layers?: unknown } };
    const layers = file.model?.type === 'sequential' ? file.model.layers : undefined;
    if (typeof layers !== 'object' || layers === null) return undefined;
    const entries = Object.entries(layers) as Entry[];
    const isLayer = ([, layer]: Entry): boolean => typeof layer?.type === 'string';
    return entries.every(isLayer) ? { file: file as Json, entries, isList: Array.isArray(layers) } : undefined;
  } catch {
    return undefined;
  }
}

function write({ file, isList }: Chain, entries: readonly Entry[]): void {
  const layers = isList ? entries.map(([, layer]) => layer) : Object.fromEntries(entries);
  void edit(formatJson({ ...file, model: { type: 'sequential', layers } }));
}

export function LayerForm() {
  const chain = chainOf(draft.value);
  if (!chain) return <p class="note">The form shows networks of one layer after another. This one is edited as text.</p>;
  const { entries } = chain;
  const change = (index: number, layer: Json): void =>
    write(
      chain,
      entries.map((entry, i) => (i === index ? [entry[0], layer] : entry)),
    );
  const move = (index: number, by: number): void => {
    const next = [...entries];
    const [moved] = next.splice(index, 1);
    next.splice(index + by, 0, moved!);
    write(chain, next);
  };
  return (
    <ol class="layer-form">
      {entries.map(([name, layer], i) => (
        <li key={name}>
          <span class="name">{name}</span>
          <TypeChoice of={layer} onChange={type => change(i, fresh(type))} label={`Type of ${name}`} />
          <span class="fields">
            {(layerFields[layer.type as string] ?? []).map(({ option, label }) => (
              <label key={option}>
                {label}
                <input
                  type="number"
                  step="any"
                  value={typeof layer[option] === 'number' ? String(layer[option]) : ''}
                  placeholder={layer[option] === undefined ? '' : JSON.stringify(layer[option])}
                  onChange={({ currentTarget: { value } }) => {
                    const { [option]: _, ...others } = layer;
                    change(i, value === '' ? others : { ...layer, [option]: Number(value) });
                  }}
                />
              </label>
            ))}
          </span>
          <span class="shape note">{sizes(draftNetwork.value?.layers.find(({ path }) => path === name)?.outputShape ?? [])}</span>
          <span class="moves">
            <button type="button" aria-label={`Move ${name} up`} disabled={i === 0} onClick={() => move(i, -1)}>
              ↑
            </button>
            <button type="button" aria-label={`Move ${name} down`} disabled={i === entries.length - 1} onClick={() => move(i, 1)}>
              ↓
            </button>
            <button
              type="button"
              aria-label={`Remove ${name}`}
              onClick={() =>
                write(
                  chain,
                  entries.filter((_, other) => other !== i),
                )
              }
            >
              ×
            </button>
          </span>
        </li>
      ))}
      <li class="add">
        <TypeChoice of={undefined} onChange={type => write(chain, inserted(chain, type))} label="Add a layer" />
      </li>
    </ol>
  );
}

function TypeChoice({ of, onChange, label }: { of: Json | undefined; onChange: (type: string) => void; label: string }) {
  const type = of?.type as string | undefined;
  const types = Object.keys(layerFields);
  return (
    <select aria-label={label} value={type ?? ''} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
      {type === undefined && <option value="">Add a layer …</option>}
      {type !== undefined && !types.includes(type) && <option value={type}>{type}</option>}
      {types.map(name => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

/** A layer of a type as the form adds it. */
const fresh = (type: string): Json => ({
  type,
  ...Object.fromEntries((layerFields[type] ?? []).flatMap(({ option, first }) => (first === undefined ? [] : [[option, first]]))),
});

/** The layers with a new one before the last, which gives the scores. */
function inserted({ entries, isList }: Chain, type: string): Entry[] {
  const stem = type.replace(/2d$/, '');
  let number = 1;
  while (entries.some(([name]) => name === `${stem}${number}`)) number++;
  const layer = [`${stem}${number}`, fresh(type)] as const;
  const next = [...entries.slice(0, -1), layer, ...entries.slice(-1)];
  return isList ? next.map(([, layer], i) => [String(i), layer]) : next;
}
