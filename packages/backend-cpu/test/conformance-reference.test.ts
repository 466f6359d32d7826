/** The reference backend against the conformance table, in float32 and float64. */
import { conformance } from '@cnn/backend-testkit/vitest';
import { cpuReference } from '../src/index.js';

const brokenExp = () => {
  throw new Error('exp is broken');
};

conformance(() => cpuReference({ poison: true }), { failing: () => cpuReference({ kernels: { exp: brokenExp } }) });
