import { composition, gradientComposition } from './composition.js';
import { forward } from './forward.js';
import { gradient } from './gradient.js';
import { inPlace } from './in-place.js';
import { inputsUnchanged } from './inputs.js';
import { oneTensorTwice } from './one-tensor-twice.js';
import type { Property } from './property.js';
import { secondGradient } from './second-gradient.js';
import { shape } from './shape.js';

/** What is to hold for the rows of the op table. That nothing is left on the backend is part of each. */
export const properties: readonly Property[] = [
  shape,
  forward,
  oneTensorTwice,
  inputsUnchanged,
  inPlace,
  composition,
  gradient,
  secondGradient,
  gradientComposition,
];
