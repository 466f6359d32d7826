/** docs/figures/filters.svg: a photo and what filters that people designed make of it. */
import { readFileSync } from 'node:fs';
import { crossCorrelate2d, SOBEL_X, SOBEL_Y } from '@cnn/classic';
import { decodeImage, fitImage } from '@cnn/data';
import { picture, pictures, writeFigure } from '../figure.mjs';
import { root } from '../process.mjs';

const SIDE = 64;
const bytes = fitImage(await decodeImage(readFileSync(`${root}docs/figures/photo.jpg`)), [1, SIDE, SIDE]);
const photo = Array.from({ length: SIDE }, (_, y) => Array.from(bytes.subarray(y * SIDE, (y + 1) * SIDE)));
const mean = Array.from({ length: 5 }, () => Array(5).fill(1 / 25));
const [across, down] = [SOBEL_X, SOBEL_Y].map(filter => crossCorrelate2d(photo, filter));
const edges = across.map((row, y) => row.map((value, x) => Math.hypot(value, down[y][x])));

const item = (label, rows, options) => ({ label, picture: picture(rows.flat(), [rows[0].length, rows.length], options) });
writeFigure('filters', 'A photo and four filters', [
  pictures(
    'One photo, four filters',
    [
      item('photo', photo),
      item('mean of 5x5: blur', crossCorrelate2d(photo, mean)),
      item('Sobel, left to right', across, { signed: true }),
      item('Sobel, top to bottom', down, { signed: true }),
      item('length of both', edges),
    ],
    { size: 134 },
  ),
]);
