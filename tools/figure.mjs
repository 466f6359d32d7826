/** What the figures of the lectures share: panels drawn by Observable Plot or made of pictures, set side by side in one SVG that is readable in light and dark. */
import { mkdirSync, writeFileSync } from 'node:fs';
import * as Plot from '@observablehq/plot';
import { encode } from 'fast-png';
import { parseHTML } from 'linkedom';
import { root } from './process.mjs';

/** Two shades of each colour, for light and dark paper; told apart by the colour-blind (Okabe and Ito, 2008). */
const SHADES = [
  ['#0072b2', '#56b4e9'],
  ['#d55e00', '#ff8a3d'],
  ['#008f6b', '#2fd6a5'],
  ['#b0428a', '#f08fcb'],
  ['#8a6d00', '#f0e442'],
  ['#5b5bd6', '#a9a9ff'],
  ['#666a73', '#b4b9c4'],
];
export const COLOURS = SHADES.map((_, i) => `var(--c${i})`);
export const SOFT = 'var(--soft)';

const WIDTH = 720;
const GAP = 18;
const TITLE = 22;
const { document } = parseHTML('<html></html>');

/** A plot as a panel; the options are those of Observable Plot. */
export function plot(title, options) {
  const style = { fontSize: '11px' };
  const { width, height } = { height: 200, ...options };
  const margins = options.margin === undefined ? { marginTop: 12, marginBottom: 36 } : {};
  const svg = Plot.plot({ document, style, ...margins, ...options, width, height });
  svg.querySelector('style')?.remove();
  return { title, width, height, content: `<g font-size="11" text-anchor="middle" fill="currentColor">${svg.innerHTML}</g>` };
}

/** Pictures in rows as a panel, each `[width, height, RGBA bytes]` and drawn `size` wide, with a label below. */
export function pictures(title, items, { size, columns = items.length }) {
  const cell = size + 8;
  const content = items.map(({ picture, label = '' }, i) => {
    const [x, y] = [(i % columns) * cell, Math.floor(i / columns) * (cell + 14)];
    return `<image x="${x}" y="${y}" width="${size}" height="${size}" style="image-rendering:pixelated" href="${hrefOf(picture)}"/><text x="${x + size / 2}" y="${y + size + 14}" font-size="11" text-anchor="middle">${label}</text>`;
  });
  return { title, width: columns * cell - 8, height: Math.ceil(items.length / columns) * (cell + 14), content: content.join('') };
}

const hrefOf = ([width, height, data]) =>
  `data:image/png;base64,${Buffer.from(encode({ width, height, data, channels: 4 })).toString('base64')}`;

/** A mark for a square plot of a margin of 1: the class of each cell of a grid, from the top left, as a pale colour. */
export function regions(labels, size) {
  const side = Math.sqrt(labels.length);
  const data = new Uint8Array(4 * labels.length);
  labels.forEach((label, i) => {
    data.set([...Buffer.from(SHADES[label][0].slice(1), 'hex'), 72], 4 * i);
  });
  const src = hrefOf([side, side, data]);
  return Plot.image([{ x: 0, y: 0 }], {
    x: 'x',
    y: 'y',
    width: size - 2,
    height: size - 2,
    src: () => src,
    imageRendering: 'pixelated',
  });
}

/** A picture from one number a pixel: from the least, black, to the largest, white; or with `signed` blue below 0 and orange above. */
export function picture(values, [width, height], { signed = false, range = [Math.min(...values), Math.max(...values)] } = {}) {
  const [least, most] = range;
  const reach = Math.max(-least, most) || 1;
  const data = new Uint8Array(4 * width * height).fill(255);
  values.forEach((value, i) => {
    const share = Math.abs(value) / reach;
    const grey = Math.min(255, Math.max(0, (255 * (value - least)) / (most - least || 1)));
    const hue = value < 0 ? [0, 114, 178] : [213, 94, 0];
    data.set(signed ? hue.map(channel => 255 + (channel - 255) * share) : [grey, grey, grey], 4 * i);
  });
  return [width, height, data];
}

/** Writes docs/figures/NAME.svg: panels from left to right in as many rows as they need, under an optional legend of `[name, colour]`. */
export function writeFigure(name, title, panels, legend = []) {
  let [x, y, rowHeight] = [0, 0, 0];
  const drawn = [];
  if (legend.length > 0) {
    for (const [label, colour] of legend) {
      const width = 24 + 6.6 * label.length;
      if (x + width > WIDTH) [x, y] = [0, y + 18];
      drawn.push(
        `<circle cx="${x + 5}" cy="${y + 8}" r="4.5" fill="${colour}"/><text x="${x + 14}" y="${y + 12}">${label}</text>`,
      );
      x += width;
    }
    [x, y] = [0, y + 28];
  }
  for (const panel of panels) {
    if (x > 0 && x + panel.width > WIDTH) [x, y, rowHeight] = [0, y + rowHeight + GAP, 0];
    drawn.push(
      `<text class="b" x="${x}" y="${y + 13}">${panel.title}</text><g transform="translate(${x},${y + TITLE})">${panel.content}</g>`,
    );
    x += panel.width + GAP;
    rowHeight = Math.max(rowHeight, panel.height + TITLE);
  }
  const height = y + rowHeight;
  const shades = shade => SHADES.map((pair, i) => `--c${i}:${pair[shade]}`).join(';');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-16 -16 ${WIDTH + 32} ${Math.ceil(height) + 32}" font-family="sans-serif" font-size="12">
<title>${title}</title>
<style>
:root{--paper:#fff;--soft:#d9dde3;color:#1a1a1a;${shades(0)}}
text{fill:currentColor}.b{font-weight:bold}
@media (prefers-color-scheme: dark){:root{--paper:#16181c;--soft:#3a3f47;color:#e8e8e8;${shades(1)}}}
</style>
<rect x="-16" y="-16" width="100%" height="100%" style="fill:var(--paper)"/>
${drawn.join('\n')}
</svg>
`;
  mkdirSync(`${root}docs/figures`, { recursive: true });
  writeFileSync(`${root}docs/figures/${name}.svg`, shortened(svg));
}

/** Coordinates to a tenth of a pixel, and no descriptions of parts, which the title stands for. */
function shortened(svg) {
  return svg
    .replace(/ aria-[a-z]+="[^"]*"/g, '')
    .replace(/ (d|x|y|x1|x2|y1|y2|cx|cy|width|height|transform)="[^"]*"/g, attribute => attribute.replace(/(\d+\.\d)\d+/g, '$1'));
}
