/** Both builds of the WASM backend against the conformance table, and threads. */
import { conformance } from '@cnn/backend-testkit/vitest';
import { describe } from 'vitest';
import { type CpuOptions, cpu } from '../src/index.js';

const brokenExp = () => {
  throw new Error('exp is broken');
};
const failing = () => cpu({ kernels: { exp: brokenExp } });

describe.each<CpuOptions>([{ build: 'simd' }, { build: 'relaxed' }, { threads: 2 }])('cpu(%o)', options => {
  conformance(() => cpu({ ...options, poison: true }), { failing });
});
