import { conformance } from '@cnn/backend-testkit/vitest';
import { pluginName } from '../src/index.js';

/** Some four thousand tests. While you work on one kernel, `conformance(pluginName, { only: ['matmul'] })` runs its own. */
conformance(pluginName);
