/** What the layers with sliding windows share: their options and the check that windows fit. */
import { type OptionRule, option, type Shape, ShapeError } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';

/** A number for all spatial axes, or one per axis, as [height, width]. */
export type Size = number | readonly number[];

/** How a window slides over an image. */
export interface WindowConfig {
  /** Size of the window, as [height, width]. */
  readonly kernelSize: Size;
  /** Default 1. */
  readonly stride?: Size;
  /** A number, one per axis, [before, after] per axis, 'same' or 'valid'. Default 0. */
  readonly padding?: ops.Padding;
  /** Default 1. */
  readonly dilation?: Size;
  /**
   * What happens where the stride does not divide the way: 'floor' (default) leaves the last pixels out, 'exact' makes it an error.
   */
  readonly fit?: 'floor' | 'exact';
}

/** A rule for a number, or a list with one per axis. */
/* @__NO_SIDE_EFFECTS__ */
export const size = (item: OptionRule, rank = 2): OptionRule => option.either(item, option.list(item, rank));

/** A rule for a number, one per axis, or [before, after] per axis. */
/* @__NO_SIDE_EFFECTS__ */
export const sides = (rank = 2): OptionRule =>
  option.either(size(option.index, rank), option.list(option.list(option.index, 2), rank));

/** Rules for {@link WindowConfig} over some number of axes; the values are checked again where the window is applied. */
/* @__NO_SIDE_EFFECTS__ */
export const windowRules = (rank = 2) => ({
  kernelSize: size(option.count, rank),
  stride: size(option.count, rank),
  padding: option.either(option.oneOf('same', 'valid'), sides(rank)),
  dilation: size(option.count, rank),
  fit: option.oneOf('floor', 'exact'),
});

/** @throws {ShapeError} where windows must fit exactly and the stride leaves pixels over. */
export function checkFit(
  who: string,
  x: { readonly shape: Shape },
  { fit = 'floor', kernelSize, stride = 1, padding = 0, dilation = 1 }: WindowConfig,
): void {
  if (fit === 'floor') return;
  const inputSize = x.shape.slice(2);
  const window = ops.windowAttrs(who, inputSize, kernelSize, { stride, padding, dilation });
  inputSize.forEach((n, i) => {
    const [before, after] = window.padding[i]!;
    const [kernel, step, spread] = [window.kernelSize[i]!, window.stride[i]!, window.dilation[i]!];
    const way = n + before + after - spread * (kernel - 1) - 1;
    if (way % step === 0) return;
    throw new ShapeError(
      `${who}: the windows do not fit exactly: (${n} + padding ${before} + ${after} - dilation ${spread} * (kernel ${kernel} - 1) - 1) / stride ${step} + 1 = ${(way / step + 1).toFixed(2)}`,
    );
  });
}
