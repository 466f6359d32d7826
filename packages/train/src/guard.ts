/** Finds out where a loss stopped being a number. */
import type { Net } from '@cnn/layers';
import { alias, CnnError, type Tensor, tidy, Variable } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';

/** The loss became NaN or infinite. Nothing was learned from that step. */
export class NonFiniteLossError extends CnnError {
  override name = 'NonFiniteLossError';

  constructor(
    /** The step, from 1. */
    readonly step: number,
    readonly loss: number,
    /** Where the first such value was found, in words. */
    readonly origin: string,
  ) {
    super(`the loss is ${loss} at step ${step}; ${origin}`);
  }
}

async function isFinite(x: Tensor): Promise<boolean> {
  const count = tidy(() => ops.sum(ops.cast(ops.isFinite(x), 'int32')));
  try {
    return (await count.item()) === x.size;
  } finally {
    count.dispose();
  }
}

/** A weight or running statistic became NaN or infinite in a step whose loss was still a number. */
export class NonFiniteVariableError extends CnnError {
  override name = 'NonFiniteVariableError';

  constructor(
    /** The step, from 1. */
    readonly step: number,
    /** The variable's name. */
    readonly variable: string,
  ) {
    super(`'${variable}' holds a value that is not finite after step ${step}`);
  }
}

/** The name of the first parameter or state variable that is not finite, if any is. */
export async function nonFiniteVariable(net: Net): Promise<string | undefined> {
  for (const { name, value } of net.variables) if (!(await isFinite(value))) return name;
  return undefined;
}

/**
 * Runs a step's forward pass again with checks and names, in the order in which they take effect, what first held a value that
 * is not finite: the images, a parameter or state variable, or a layer's output.
 */
export async function findNonFinite(net: Net, images: Tensor, step: number): Promise<string> {
  if (!(await isFinite(images))) return 'the batch of images holds a value that is not finite';
  const variable = await nonFiniteVariable(net);
  if (variable) return `'${variable}' already held a value that is not finite before the step`;
  // Variables, since these outlive the scope in which a layer's output is made.
  const outputs: Variable[] = [];
  try {
    const observe = (path: string, output: Tensor): void => {
      outputs.push(new Variable(path, alias(output)));
    };
    net.apply(images, { training: true, step, observe }).dispose();
    for (const { name, value } of outputs) {
      if (!(await isFinite(value))) return `the first layer with a value that is not finite is '${name}'`;
    }
    return 'every layer is finite, so it arises in the loss itself';
  } finally {
    for (const output of outputs) output.dispose();
  }
}
