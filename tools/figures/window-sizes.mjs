/** docs/figures/window-sizes.svg: where windows of 3 lie in a row of 7 pixels, at strides 1, 2 and 3, and with padding. */
import { conv2d, summary } from '@cnn/layers';
import { COLOURS, SOFT, writeFigure } from '../figure.mjs';

const PIXELS = 7;
const CELL = 17;

const panels = [
  { stride: 1, padding: 0 },
  { stride: 2, padding: 0 },
  { stride: 3, padding: 0 },
  { stride: 1, padding: 1 },
].map(({ stride, padding }) => {
  const [, size] = summary(conv2d({ filters: 1, kernelSize: 3, stride, padding }), [1, PIXELS, PIXELS]).outputShapes[0];
  const exact = (PIXELS + 2 * padding - 3) / stride + 1;
  const cells = Array.from({ length: PIXELS + 2 * padding }, (_, i) => {
    const isPadding = i < padding || i >= PIXELS + padding;
    return `<rect x="${i * CELL}" y="2" width="${CELL}" height="${CELL}" fill="${isPadding ? 'none' : SOFT}" stroke="currentColor" stroke-width="0.7"${isPadding ? ' stroke-dasharray="2 2"' : ''}/>`;
  });
  const windows = Array.from({ length: size }, (_, i) => {
    const y = 30 + i * 12;
    return `<rect x="${i * stride * CELL + 2}" y="${y}" width="${3 * CELL - 4}" height="7" rx="3" fill="${COLOURS[i % 2]}"/>`;
  });
  const left = PIXELS + 2 * padding - ((size - 1) * stride + 3);
  const unseen =
    left > 0
      ? `<text x="${PIXELS * CELL}" y="${44 + size * 12}" text-anchor="end" font-size="11">the last pixel is never seen</text>`
      : '';
  const title = `stride ${stride}${padding ? `, padding ${padding}` : ''}: ${Number.isInteger(exact) ? size : `${exact.toFixed(2)}, so ${size}`}`;
  return { title, width: 166, height: 116, content: cells.join('') + windows.join('') + unseen };
});
writeFigure('window-sizes', 'Windows of 3 in a row of 7', panels);
