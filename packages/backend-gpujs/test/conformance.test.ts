import { gpujs } from '@cnn/backend-gpujs';
import { conformance } from '@cnn/backend-testkit/vitest';
import { describe } from 'vitest';

describe.each(['cpu', 'webasm'] as const)('mode %s', mode => {
  conformance(() => gpujs({ mode }));
});
