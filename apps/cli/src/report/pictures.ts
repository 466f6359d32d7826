import { ShapeError } from '@cnn/tensor';
import { encode } from 'fast-png';
import { plain } from './figures.js';
import { type Html, html } from './html.js';

/** The learned weights of a first layer. */
export interface Filters {
  /** The parameter's name, as `conv1/weight`. */
  readonly path: string;
  /** `[filters, channels, kh, kw]`; for a linear layer `[units, channels, h, w]`. */
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** A test image that was classified wrongly. */
export interface Mistake {
  /** `[c, h, w]`, 0 to 255. */
  readonly pixels: Uint8Array;
  readonly shape: readonly [channels: number, height: number, width: number];
  /** Index of the true class. */
  readonly label: number;
  /** Index of the class with the highest probability. */
  readonly predicted: number;
  /** Of the predicted class, in [0, 1]. */
  readonly probability: number;
}

/**
 * Each filter as a picture: in colour where it has three channels, otherwise one grey picture a channel. One scale for
 * all: mid-grey is 0, white and black are plus and minus the largest absolute weight.
 *
 * @throws {ShapeError} unless the shape has four axes and as many values as there are numbers.
 */
export function filterPictures({ path, shape, data }: Filters): Html {
  const [filters = 0, channels = 0, height = 0, width = 0] = shape;
  if (shape.length !== 4 || data.length !== filters * channels * height * width) {
    throw new ShapeError(
      `report: filters '${path}' of shape [${shape.join(', ')}] with ${data.length} numbers; expected [filters, channels, kh, kw]`,
    );
  }
  const largest = Array.from(data).reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  const bytes = Uint8Array.from(data, weight => Math.round(127.5 + (largest && (127.5 * weight) / largest)));
  const planes = channels === 3 ? 3 : 1;
  const size = planes * height * width;
  const pictures = Array.from({ length: bytes.length / size }, (_, i) => {
    const filter = Math.floor((i * planes) / channels);
    const name = planes === channels ? `filter ${filter}` : `filter ${filter}, channel ${i % channels}`;
    return html`<figure>${picture(bytes.subarray(i * size, (i + 1) * size), [planes, height, width], name)}
<figcaption>${planes === channels ? filter : `${filter}.${i % channels}`}</figcaption></figure>`;
  });
  return html`<p class="note"><code>${path}</code>: ${filters} filters of ${channels} × ${height} × ${width}. One scale for all:
black −${plain(largest)}, mid-grey 0, white ${plain(largest)}.</p>
<div class="pictures filters">${pictures}</div>`;
}

/** Each mistake as a picture with the true class, the predicted one and its probability. */
export const mistakePictures = (mistakes: readonly Mistake[], classes: readonly string[]): Html =>
  html`<div class="pictures">${mistakes.map(({ pixels, shape, label, predicted, probability }) => {
    const [right, wrong] = [classes[label] ?? String(label), classes[predicted] ?? String(predicted)];
    return html`<figure>${picture(pixels, shape, `an image of ${right}, taken for ${wrong}`)}
<figcaption>predicted <b>${wrong}</b> ${(probability * 100).toFixed(1)}\u00a0%<br>true <b>${right}</b></figcaption></figure>`;
  })}</div>`;

/** Planes `[c, h, w]` of bytes as an image element that holds its PNG. */
function picture(planes: Uint8Array, [channels, height, width]: Mistake['shape'], description: string): Html {
  const size = height * width;
  const data = Uint8Array.from({ length: channels * size }, (_, i) => planes[(i % channels) * size + Math.floor(i / channels)]!);
  const png = Buffer.from(encode({ width, height, channels, depth: 8, data })).toString('base64');
  return html`<img src="data:image/png;base64,${png}" width="${width}" height="${height}" alt="${description}">`;
}
