import { gpujs } from '@cnn/backend-gpujs';
import { conformance } from '@cnn/backend-testkit/vitest';

conformance(() => gpujs({ mode: 'cpu' }));
