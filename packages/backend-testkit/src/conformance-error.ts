import { CnnError } from '@cnn/tensor';

/** What a check throws that a backend, layer or optimizer does not pass. */
export class ConformanceError extends CnnError {
  override name = 'ConformanceError';
}
