import { OptionError, ops } from '@cnn/tensor';
import { type GoldenOps, operator } from '../golden-op.js';

/** Activation functions. */
export const activations: GoldenOps = {
  relu: operator(({ x }) => ops.relu(x!)),
  leaky_relu: operator(({ x }, attrs) => ops.leakyRelu(x!, attrs.number('alpha'))),
  elu: operator(({ x }, attrs) => ops.elu(x!, attrs.number('alpha'))),
  selu: operator(({ x }) => ops.selu(x!)),
  sigmoid: operator(({ x }) => ops.sigmoid(x!)),
  tanh: operator(({ x }) => ops.tanh(x!)),
  softplus: operator(({ x }, attrs) => {
    const beta = attrs.number('beta');
    return ops.div(ops.softplus(ops.mul(x!, beta)), beta);
  }),
  softsign: operator(({ x }) => ops.softsign(x!)),
  relu6: operator(({ x }) => ops.relu6(x!)),
  hardswish: operator(({ x }) => ops.hardSwish(x!)),
  hardsigmoid: operator(({ x }) => ops.hardSigmoid(x!)),
  silu: operator(({ x }) => ops.silu(x!)),
  gelu: operator(({ x }, attrs) => {
    const approximate = attrs.text('approximate');
    if (approximate !== 'none' && approximate !== 'tanh')
      throw new OptionError('gelu', 'approximate', approximate, "'none', 'tanh'");
    return ops.gelu(x!, { approximate });
  }),
  mish: operator(({ x }) => ops.mish(x!)),
  softmax: operator(({ x }, attrs) => ops.softmax(x!, attrs.number('axis'))),
  log_softmax: operator(({ x }, attrs) => ops.logSoftmax(x!, attrs.number('axis'))),
  prelu: operator(({ x, weight }) => ops.prelu(x!, weight!)),
};
