/** docs/figures/equal-distances.svg: a photo and four others that lie at one L2 distance from it. */
import { readFileSync } from 'node:fs';
import { cpuReference } from '@cnn/backend-cpu';
import { decodeImage, fitImage } from '@cnn/data';
import { ops, randomKey, randomNormal, tensor, tidy } from '@cnn/tensor';
import { picture, pictures, writeFigure } from '../figure.mjs';
import { root } from '../process.mjs';

const SIDE = 56;
const photo = fitImage(await decodeImage(readFileSync(`${root}docs/figures/photo.jpg`)), [1, SIDE, SIDE]);
const original = Float64Array.from(photo, value => value / 255);

const backend = cpuReference();
const distance = picture =>
  tidy(() => ops.sqrt(ops.sum(ops.square(ops.sub(...[picture, original].map(p => tensor(backend, p)))))).dataSync()[0]);

/** Another picture, moved towards or away from the original until it lies at the distance. */
const atDistance = (other, wanted) => {
  const share = wanted / distance(other);
  return original.map((value, i) => value + share * (other[i] - value));
};
const shifted = original.map((_, i) => original[Math.floor(i / SIDE) * SIDE + Math.max(0, (i % SIDE) - 1)]);
const wanted = distance(shifted);
const inBox = i => Math.abs((i % SIDE) - 24) < 11 && Math.abs(Math.floor(i / SIDE) - 22) < 9;
const noise = randomNormal(original.length, randomKey('equal distances'));
const others = {
  original,
  'moved by a pixel': shifted,
  darker: atDistance(
    original.map(value => value - 0.2),
    wanted,
  ),
  'a grey box': atDistance(
    original.map((value, i) => (inBox(i) ? 0.5 : value)),
    wanted,
  ),
  noise: atDistance(
    original.map((value, i) => value + noise[i]),
    wanted,
  ),
};
const items = Object.entries(others).map(([label, values]) => ({
  label: label === 'original' ? label : `${label}: ${distance(values).toFixed(2)}`,
  picture: picture(values, [SIDE, SIDE], { range: [0, 1] }),
}));
writeFigure('equal-distances', 'Pictures at one L2 distance from the first', [
  pictures('A photo and four pictures at the same L2 distance from it', items, { size: 134 }),
]);
