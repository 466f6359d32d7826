import type { Tensor, Variable } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';

/** A running average: β old + (1 - β) next. */
export const blended = (old: Tensor, next: Tensor, beta: number): Tensor => ops.add(ops.mul(old, beta), ops.mul(next, 1 - beta));

/**
 * Moves Adam's two moments on and gives them: m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g² (Kingma and Ba, 2014).
 */
export function moveMoments(
  [first, second]: readonly Variable[],
  gradient: Tensor,
  [beta1, beta2]: readonly [number, number],
): readonly [m: Tensor, v: Tensor] {
  first!.assign(blended(first!.value, gradient, beta1));
  second!.assign(blended(second!.value, ops.square(gradient), beta2));
  return [first!.value, second!.value];
}
