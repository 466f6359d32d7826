/** Finds out where a loss stopped being a number. */
import type { Net } from '@cnn/layers';
import { CnnError, ops, type Tensor, tidy } from '@cnn/tensor';

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

/**
 * Runs a step's forward pass again with checks and names, in the order in which they take effect, what first held a value that
 * is not finite: the images, a parameter or state variable, or a layer's output.
 */
export async function findNonFinite(net: Net, images: Tensor, step: number): Promise<string> {
  if (!(await isFinite(images))) return 'the batch of images holds a value that is not finite';
  for (const { name, value } of net.variables) {
    if (!(await isFinite(value))) return `'${name}' already held a value that is not finite before the step`;
  }
  const outputs: [string, Tensor][] = [];
  const last = tidy(() => {
    const kept: Tensor[] = [];
    const output = net.apply(images, {
      training: true,
      step,
      observe: (path, made) => {
        // A view of its own outlives the net's, which lets go of what it no longer needs.
        const copy = ops.reshape(made, made.shape);
        kept.push(copy);
        outputs.push([path, copy]);
      },
    });
    return { output, kept };
  });
  try {
    for (const [path, output] of outputs) {
      if (!(await isFinite(output))) return `the first layer with a value that is not finite is '${path}'`;
    }
    return 'every layer is finite, so it arises in the loss itself';
  } finally {
    last.output.dispose();
    for (const kept of last.kept) kept.dispose();
  }
}
