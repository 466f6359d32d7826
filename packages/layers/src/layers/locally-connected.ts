import { option, randomKey, type Shape, sizeOf } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { type Initialiser, initialiserFrom } from '../initialisers.js';
import { defineLayer } from '../layer.js';
import { channelsOf, type FilterConfig, perAxis } from './convolution.js';
import { checkFit, type WindowConfig, windowRules } from './window.js';

/** Options of {@link locallyConnected2d}. */
export interface LocallyConnected2dConfig extends Omit<FilterConfig, 'groups'>, WindowConfig {}

/** An initialiser for each place by itself, since its fans are those of one place. */
const atEachPlace =
  (initialiser: Initialiser): Initialiser =>
  ([oh, ow, ...weight]: Shape, key) => {
    const numbers = new Float64Array(sizeOf([oh!, ow!, ...weight]));
    for (let place = 0; place < oh! * ow!; place++) {
      numbers.set(initialiser(weight, randomKey(...key, place)), place * sizeOf(weight));
    }
    return numbers;
  };

/**
 * A locally connected layer (LeCun, 1989; Taigman et al., 2014), a convolution without shared weights: [n, c, h, w] gives
 * [n, filters, oh, ow], see `ops.locallyConnected2d`. Parameters weight [oh, ow, filters, c, kh, kw] and bias [filters, oh, ow].
 */
export const locallyConnected2d = defineLayer({
  type: 'locallyConnected2d',
  options: {
    ...windowRules(),
    filters: option.count,
    bias: option.boolean,
    weightInitialiser: option.any,
    biasInitialiser: option.any,
  },
  required: ['filters', 'kernelSize'],
  init: (config: LocallyConnected2dConfig, input, { param }) => {
    const { filters, kernelSize, stride = 1, padding = 0, dilation = 1, bias = true } = config;
    const { weightInitialiser = 'heNormal', biasInitialiser = 'zeros' } = config;
    const channels = channelsOf('locallyConnected2d', input);
    const inputSize = input.slice(1);
    const window = ops.windowAttrs('locallyConnected2d', inputSize, kernelSize, { stride, padding, dilation });
    const out = ops.windowCounts('locallyConnected2d', inputSize, window);
    return {
      weight: param(
        [...out, filters, channels, ...perAxis(kernelSize)],
        atEachPlace(initialiserFrom(weightInitialiser, 'locallyConnected2d.weightInitialiser')),
      ),
      bias: bias ? param([filters, ...out], initialiserFrom(biasInitialiser, 'locallyConnected2d.biasInitialiser')) : undefined,
    };
  },
  forward: (x, { weight, bias }, config) => {
    checkFit('locallyConnected2d', x, config);
    const { stride = 1, padding = 0, dilation = 1 } = config;
    return ops.locallyConnected2d(x, weight, bias, { stride, padding, dilation });
  },
});
