import { type AnyBackend, isFloat, type Tensor, tensor, tidy } from '@cnn/tensor';
import { ConformanceError } from '../conformance-error.js';
import { spread } from '../numbers.js';

const STEP = 1e-5;
const TOLERANCE = 1e-5;

/**
 * Compares gradients with the central differences of an objective, along one random direction for each tensor. The error allowed is
 * relative to the slope and to the sum of the sizes of its terms, which may cancel.
 *
 * @param at - The objective where one of the tensors has other numbers.
 * @throws {ConformanceError} that names the first tensor whose gradient is wrong.
 */
export async function checkSlopes(
  backend: AnyBackend,
  variables: readonly { readonly name: string; readonly value: Tensor; readonly gradient: Tensor }[],
  at: (name: string, moved: Tensor) => Tensor,
): Promise<void> {
  for (const [i, { name, value, gradient }] of variables.entries()) {
    if (!isFloat(value.dtype)) continue;
    const numbers = await value.data();
    const along = spread(numbers.length, 80 + i);
    const objective = async (distance: number): Promise<number> => {
      const result = tidy(() => {
        const moved = Float64Array.from(numbers, (number, k) => number + distance * along[k]!);
        return at(name, tensor(backend, moved, { shape: value.shape, dtype: value.dtype }));
      });
      return result.item().finally(() => result.dispose());
    };
    const slope = ((await objective(STEP)) - (await objective(-STEP))) / (2 * STEP);
    const terms = Array.from(await gradient.data(), (g, k) => g * along[k]!);
    const claimed = terms.reduce((a, b) => a + b, 0);
    const scale = Math.abs(slope) + terms.reduce((a, b) => a + Math.abs(b), 0);
    if (!(Math.abs(claimed - slope) <= TOLERANCE * scale + 1e-8))
      throw new ConformanceError(
        `the gradient of ${name} says that the slope is ${claimed}; by finite differences it is ${slope}`,
      );
  }
}
