import { apply, type Op, OptionError, ops, option, type Tensor } from '@cnn/tensor';

/** Attributes of {@link pluginNameOp}. */
export interface PluginNameAttrs {
  /** α, above 0. */
  readonly alpha: number;
}

/** The op of {@link pluginName}. Its gradient is dy / √(1 + αx²)³. */
export const pluginNameOp: Op<PluginNameAttrs> = {
  name: 'pluginType',
  // The shape rule: it names what is wrong with the inputs, and gives the specs of the outputs.
  infer: ([x]) => {
    ops.checkFloat('pluginName', x!);
    return [x!];
  },
  // The op in terms of others. A backend may have a kernel under the op's name; then that runs instead.
  compose: ([x], { alpha }) => [ops.div(x!, root(x!, alpha))],
  // The gradient of the input from that of the output. It is made of ops, so it has a gradient, too.
  vjp: ([dy], { inputs: [x], attrs: { alpha } }) => [ops.div(dy!, ops.pow(root(x!, alpha), 3))],
  // What the gradient reads. The composition's four intermediate results need not be kept for it.
  saves: ['inputs'],
};

const root = (x: Tensor, alpha: number): Tensor => ops.sqrt(ops.add(ops.mul(ops.square(x), alpha), 1));

/**
 * x / √(1 + αx²), which squashes numbers into (-1/√α, 1/√α) (the inverse square root unit; Carlile et al., 2017). Default α 1.
 *
 * @throws {OptionError} unless α is above 0. @throws {DTypeError} for whole numbers.
 */
export function pluginName(x: Tensor, alpha = 1): Tensor {
  if (!option.positive.accepts(alpha)) throw new OptionError('pluginName', 'alpha', alpha, option.positive.allowed);
  return apply(pluginNameOp, [x], { alpha })[0]!;
}
