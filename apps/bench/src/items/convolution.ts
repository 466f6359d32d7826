import { type AnyBackend, apply, grad, type Op, ops, type Tensor } from '@cnn/tensor';
import { bytesOf, type Item, noise } from './item.js';
import { type ConvolutionShape, convolutionShapes } from './shapes.js';

const shapesOf = ({ batch, channels, size, filters, kernelSize }: ConvolutionShape) => ({
  x: [batch, channels, size, size],
  weight: [filters, channels, kernelSize, kernelSize],
  y: [batch, filters, size, size],
});

/** The whole window counts, padding included. */
const flopsOf = ({ batch, channels, size, filters, kernelSize }: ConvolutionShape): number =>
  2 * batch * filters * size ** 2 * channels * kernelSize ** 2;

/** Convolutions: forward, and forward with the gradients of image and weight for a given gradient of the output. */
export const convolution: readonly Item[] = convolutionShapes.flatMap(shape => [forward(shape), forwardAndBackward(shape)]);

function forward(shape: ConvolutionShape): Item {
  const { x, weight, y } = shapesOf(shape);
  return {
    name: `${shape.name}-fwd`,
    work: { flops: flopsOf(shape), bytes: bytesOf(x, weight, y) },
    prepare(backend) {
      const inputs = tensorsOf(shape, backend);
      return {
        run: () => [ops.conv2d(inputs.x, inputs.weight, undefined, { padding: shape.padding })],
        dispose: inputs.dispose,
      };
    },
  };
}

function forwardAndBackward(shape: ConvolutionShape): Item {
  const { x, weight, y } = shapesOf(shape);
  return {
    name: `${shape.name}-fwdbwd`,
    work: { flops: 3 * flopsOf(shape), bytes: bytesOf(x, weight, y, y, x, weight) },
    prepare(backend) {
      const inputs = tensorsOf(shape, backend);
      const dy = noise(backend, 'dy', y);
      return {
        run() {
          const { grads, loss } = grad(
            () => receives(ops.conv2d(inputs.x, inputs.weight, undefined, { padding: shape.padding }), dy),
            [inputs.x, inputs.weight],
          );
          return [loss, ...grads];
        },
        dispose() {
          inputs.dispose();
          dy.dispose();
        },
      };
    },
  };
}

function tensorsOf(shape: ConvolutionShape, backend: AnyBackend) {
  const x = noise(backend, 'x', shapesOf(shape).x);
  const weight = noise(backend, 'weight', shapesOf(shape).weight);
  return {
    x,
    weight,
    dispose() {
      x.dispose();
      weight.dispose();
    },
  };
}

/** A loss of 0 whose gradient for y is dy: `grad` then starts from a given gradient, without work of its own. */
const receives = (y: Tensor, dy: Tensor): Tensor => apply(receivesOp, [y, dy], {})[0]!;

const receivesOp: Op<object> = {
  name: 'bench/receives',
  infer: ([y]) => [{ shape: [], dtype: y!.dtype }],
  compose: ([y]) => [ops.zeros(y!.backend, [])],
  vjp: (_, { inputs }) => [inputs[1], undefined],
  saves: ['inputs.1'],
};
