import { option } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { defineLayer } from '../layer.js';

/** Options of {@link dropout}. */
export interface DropoutConfig {
  /** The probability of an element to become 0, in [0, 1). Default 0.5. */
  readonly rate?: number;
}

/** In training, elements become 0 at random and the rest is scaled up (Srivastava et al., 2014); otherwise x. */
export const dropout = defineLayer({
  type: 'dropout',
  options: { rate: option.between(0, 1, { openEnd: true }) },
  forward: (x, _, { rate = 0.5 }: DropoutConfig, { training, key }) => (training ? ops.dropout(x, rate, key) : x),
});
