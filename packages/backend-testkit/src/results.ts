/** What rows of the op table give on a backend, as numbers: outputs, gradients and gradients of gradients. */
import {
  type AnyBackend,
  type DType,
  grad,
  isFloat,
  ops,
  type Shape,
  type Spec,
  sizeOf,
  type Tensor,
  type TypedArray,
  tensor,
  tidy,
} from '@cnn/tensor';
import { spread } from './numbers.js';
import { type FloatDType, inputsOf, type OpCase } from './op-table/op-case.js';

/** The numbers of a tensor and what they are. */
export interface Result {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly numbers: TypedArray;
}

/** Reads tensors one after the other and frees them, also where reading fails. */
export async function readAll(tensors: readonly Tensor[]): Promise<Result[]> {
  try {
    const results: Result[] = [];
    for (const made of tensors) results.push({ shape: made.shape, dtype: made.dtype, numbers: await made.data() });
    return results;
  } finally {
    for (const made of tensors) made.dispose();
  }
}

/** Whether a row can be differentiated. */
export const hasGradient = ({ inputs, differentiable }: OpCase): boolean =>
  differentiable !== false && inputs.some(({ dtype }) => dtype === 'float');

/** The outputs of a row, as tensors. */
export const outputTensors = (opCase: OpCase, inputs: readonly Tensor[]): Tensor[] => [opCase.run(...inputs)].flat();

const floatsOf = (tensors: readonly Tensor[]): Tensor[] => tensors.filter(({ dtype }) => isFloat(dtype));

/** Numbers that look random, the same for every backend and dtype. */
const random = (backend: AnyBackend, { shape, dtype }: Spec, seed: number): Tensor =>
  tensor(backend, Float32Array.from(spread(sizeOf(shape), seed)), { shape, dtype });

/** A random projection of the outputs to one number, not linear in them so that the gradients depend on them too: Σ r (y + y²/2). */
export function lossOf(opCase: OpCase, inputs: readonly Tensor[]): Tensor {
  const { backend, dtype } = floatsOf(inputs)[0]!;
  return floatsOf(outputTensors(opCase, inputs))
    .map((y, i) => {
      const loss = ops.sum(ops.mul(random(backend, y, 40 + i), ops.add(y, ops.mul(ops.square(y), 0.5))));
      return ops.cast(loss, dtype);
    })
    .reduce((a, b) => ops.add(a, b), ops.fill(backend, [], 0, dtype));
}

/** A random projection of the gradients of {@link lossOf} to one number. */
export const penaltyOf = (opCase: OpCase, inputs: readonly Tensor[]): Tensor =>
  gradientTensors(opCase, inputs)
    .map((gradient, i) => ops.sum(ops.mul(random(gradient.backend, gradient, 60 + i), gradient)))
    .reduce((a, b) => ops.add(a, b));

const gradientTensors = (opCase: OpCase, inputs: readonly Tensor[]): Tensor[] =>
  grad(() => lossOf(opCase, inputs), floatsOf(inputs)).grads;

/** What is computed of a row. */
export type Quantity = 'outputs' | 'gradients' | 'secondGradients';

const quantities: Readonly<Record<Quantity, (opCase: OpCase, inputs: readonly Tensor[]) => Tensor[]>> = {
  outputs: outputTensors,
  gradients: gradientTensors,
  secondGradients: (opCase, inputs) => grad(() => penaltyOf(opCase, inputs), floatsOf(inputs)).grads,
};

/** A quantity of a row for given inputs, as tensors. */
export const tensorsOf = (quantity: Quantity, opCase: OpCase, inputs: readonly Tensor[]): Tensor[] =>
  tidy(() => quantities[quantity](opCase, inputs));

/** A quantity of a row for given inputs. */
export const quantityOf = (quantity: Quantity, opCase: OpCase, inputs: readonly Tensor[]): Promise<Result[]> =>
  readAll(tensorsOf(quantity, opCase, inputs));

/** Computes a quantity of a row on a backend; nothing is left of it. */
export async function resultsOn(backend: AnyBackend, quantity: Quantity, opCase: OpCase, float: FloatDType): Promise<Result[]> {
  const inputs = inputsOf(opCase, backend, float);
  try {
    return await quantityOf(quantity, opCase, inputs);
  } finally {
    for (const input of inputs) input.dispose();
  }
}
