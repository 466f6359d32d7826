/** A backend whose kernels work later, whose failures come later too, and which cannot be read at once. */
import { laterBackend } from '../../tensor/test/later-backend.js';
import { conformance } from '../src/vitest.js';

conformance(() => laterBackend(), { failing: () => laterBackend({ fails: op => op === 'exp' }) });
