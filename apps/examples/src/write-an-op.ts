/**
 * An op of your own with its gradient: cube, y = x³. It is composed of other ops, so it runs on every backend and would have a gradient
 * without a word; a rule of its own is shorter here, and works where the derivative of the composition would lose digits.
 *
 *   npm run example -- write-an-op
 */
import { cpu } from '@cnn/backend-cpu';
import { apply, grad, gradientCheck, type Op, ops, type Tensor, tensor } from '@cnn/tensor';

/** Its shape rule, what it computes, and its gradient: dx = 3 x² dy. The rule reads the input, so the tape keeps that and no more. */
const cubeOp: Op<Record<string, never>> = {
  name: 'acme/cube',
  infer: ([x]) => [x!],
  compose: ([x]) => [ops.mul(x!, ops.square(x!))],
  vjp: ([dy], { inputs: [x] }) => [ops.mul(dy!, ops.mul(ops.square(x!), 3))],
  saves: ['inputs'],
};

/** x³, element by element. */
const cube = (x: Tensor): Tensor => apply(cubeOp, [x], {})[0]!;

const backend = await cpu();
const x = tensor(backend, [-2, 0.5, 3]);

console.log('x³     ', await cube(x).data());

const first = (at: Tensor): Tensor => grad(() => ops.sum(cube(at)), [at]).grads[0]!;
console.log('3 x²   ', await first(x).data());

// The rule is made of ops, so it has a gradient, too.
console.log('6 x    ', await grad(() => ops.sum(first(x)), [x]).grads[0]!.data());

// Its numbers beside finite differences, which need float64.
const exact = tensor(backend, [-2, 0.5, 3], { dtype: 'float64' });
const { passed } = await gradientCheck(x => ops.sum(cube(x)), [exact]);
console.log(`finite differences agree: ${passed}`);
