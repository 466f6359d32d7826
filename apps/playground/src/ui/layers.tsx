/** What each layer does with a test image: activations, filters and gradients. */
import { signal } from '@preact/signals';
import type { GlassBox, LayerPictures, Maps, Statistics } from '../protocol.js';
import { lookAtImage, pick, pickWeight } from './actions.js';
import { GlassBoxPanel } from './glass-box-panel.js';
import { MapSheet, type Mark, type Pixel } from './map-sheet.js';
import { count, percent, short, sizes } from './numbers.js';
import { Probabilities } from './probabilities.js';
import { data, glassBox, imageIndex, inspection, picked } from './state.js';
import { Thumb } from './thumb.js';
import { WeightEditor } from './weight-editor.js';

const kinds = ['activations', 'filters', 'activationGradients', 'filterGradients'] as const;
type Kind = (typeof kinds)[number];
const names: Readonly<Record<Kind, string>> = {
  activations: 'Activations',
  filters: 'Filters',
  activationGradients: 'Gradients',
  filterGradients: 'Filter gradients',
};
const shown = signal<readonly Kind[]>(['activations', 'filters']);

export function Layers() {
  const seen = inspection.value;
  const info = data.value;
  if (!seen || !info) return null;
  const { prediction } = seen;
  return (
    <section aria-labelledby="layers">
      <h2 id="layers">Inside the network</h2>
      <div class="toolbar">
        <div class="stepper">
          <button type="button" aria-label="Image before" onClick={() => lookAtImage(imageIndex.value - 1)}>
            ‹
          </button>
          <Thumb pixels={prediction.pixels} shape={info.shape} label={`Test image ${prediction.index}`} />
          <button type="button" aria-label="Next image" onClick={() => lookAtImage(imageIndex.value + 1)}>
            ›
          </button>
          <p>
            Test image {prediction.index}, a <b>{info.classes[prediction.label]}</b>
            <br />
            <span class="note">its loss is {short(seen.loss)}</span>
          </p>
        </div>
        <Probabilities values={prediction.probabilities} most={3} />
        <fieldset class="choices">
          <legend class="hidden">Pictures to show</legend>
          {kinds.map(kind => (
            <label key={kind}>
              <input
                type="checkbox"
                checked={shown.value.includes(kind)}
                onChange={({ currentTarget }) => {
                  shown.value = kinds.filter(other => (other === kind ? currentTarget.checked : shown.value.includes(other)));
                }}
              />
              {names[kind]}
            </label>
          ))}
        </fieldset>
      </div>
      <div class={glassBox.value ? 'inside with-glass' : 'inside'}>
        <div class="layers">
          {seen.layers.map((layer, i) => (
            <LayerCard key={layer.path} layer={layer} index={i} />
          ))}
        </div>
        {glassBox.value && <GlassBoxPanel box={glassBox.value} />}
      </div>
    </section>
  );
}

function LayerCard({ layer, index }: { layer: LayerPictures; index: number }) {
  const { activations } = layer;
  const [, height, width] = activations.shape;
  const vector = layer.outputShape.length === 1;
  const pickPixel = ({ map, y, x }: Pixel): void => pick({ layer: index, unit: vector ? map : (map * height + y) * width + x });
  return (
    <article class="layer" data-layer={layer.path}>
      <header>
        <h3>{layer.path}</h3>
        <span class="type">{layer.type}</span>
        <span class="note">
          {sizes(layer.outputShape)}
          {layer.parameters > 0 && `, ${count(layer.parameters)} parameters`}
        </span>
      </header>
      <div class="pictures">
        {shown.value.map(kind => {
          const maps = layer[kind];
          if (!maps) return null;
          const isActivation = kind === 'activations' || kind === 'activationGradients';
          return (
            <figure key={kind} data-kind={kind}>
              <MapSheet
                maps={isActivation && vector ? asPixels(maps) : maps}
                colours={kind === 'activations' ? 'grey' : 'signed'}
                label={`${names[kind]} of ${layer.path}`}
                mark={isActivation ? markIn(layer, index, vector) : undefined}
                onPick={
                  isActivation
                    ? pickPixel
                    : kind === 'filters'
                      ? pixel => pickWeight(layer.weight!, weightIndex(maps, pixel))
                      : undefined
                }
              />
              <figcaption>
                {names[kind]}: <Figures of={maps.statistics} />
              </figcaption>
            </figure>
          );
        })}
        <WeightEditor of={layer.weight} />
      </div>
    </article>
  );
}

function Figures({ of: { lowest, highest, mean, deviation, zeros } }: { of: Statistics }) {
  return (
    <>
      {short(lowest)} to {short(highest)}, mean {short(mean)}, deviation {short(deviation)}
      {zeros > 0.005 && `, ${percent(zeros)} zero`}
    </>
  );
}

/** A vector as pictures of one pixel. */
const asPixels = (maps: Maps): Maps => ({ ...maps, shape: [maps.values.length, 1, 1] });

/** The place of a pixel of the filters in their tensor. */
const weightIndex = ({ shape: [, height, width], rows }: Maps, { map, y, x }: Pixel): number => {
  const inRow = rows ? map % rows.pictures : map;
  const start = rows ? Math.floor(map / rows.pictures) * rows.numbers : 0;
  return start + (inRow * height + y) * width + x;
};

/** The number that is taken apart, and what it is made of. */
function markIn({ path, activations }: LayerPictures, index: number, vector: boolean): Mark | undefined {
  const box = glassBox.value;
  if (!box) return undefined;
  const [, height, width] = activations.shape;
  if (picked.value?.layer === index) {
    const { unit } = picked.value;
    const [map, y, x] = vector
      ? [unit, 0, 0]
      : [Math.floor(unit / (height * width)), Math.floor(unit / width) % height, unit % width];
    return { map, top: y, left: x, bottom: y, right: x };
  }
  const source = box.sources.indexOf(path);
  return source < 0 || vector ? undefined : reach(box, source);
}

/** The smallest frame around the terms of one source. */
export function reach({ terms }: GlassBox, source: number): Mark | undefined {
  const places = terms.flatMap(({ input, place }) => (input === source && place.length === 3 ? [place] : []));
  if (places.length === 0) return undefined;
  const [maps, ys, xs] = [0, 1, 2].map(axis => places.map(place => place[axis]!)) as [number[], number[], number[]];
  return {
    map: maps.every(map => map === maps[0]) ? maps[0]! : 'all',
    top: Math.min(...ys),
    left: Math.min(...xs),
    bottom: Math.max(...ys),
    right: Math.max(...xs),
  };
}
