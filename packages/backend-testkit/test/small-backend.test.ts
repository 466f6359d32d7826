import { conformance } from '@cnn/backend-testkit/vitest';
import { smallBackend } from '../../../docs/guides/small-backend.js';

conformance(async () => smallBackend());
