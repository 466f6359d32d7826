import { type GoldenCase, goldenCase } from './golden-case.js';
import { vectors } from './vectors.js';

/** Every row with numbers of PyTorch. */
export const goldenCases: readonly GoldenCase[] = vectors.map(goldenCase);
