import type { Loader } from '@cnn/data';
import type { Net } from '@cnn/layers';
import { type Tensor, tidy, UsageError, Variable } from '@cnn/tensor';
import * as ops from '@cnn/tensor/ops';
import { imagesOf } from './evaluate.js';
import { pauses } from './pause.js';

/** Running statistics of batch norm, and the share of a batch in them. */
interface Statistic {
  readonly running: Variable;
  readonly momentum: number;
  readonly sum: Variable;
}

/**
 * Sets the running statistics of every `batchNorm` to their mean over the batches of a dataset, as PyTorch's `update_bn`: averaged
 * weights (Izmailov et al., 2018, section 3.2) give other activations than those that the statistics were taken from.
 * A net without batch norm stays as it is.
 *
 * @throws {UsageError} for a loader without batches.
 */
export async function recomputeStatistics(net: Net, data: Loader): Promise<void> {
  const statistics = statisticsOf(net);
  if (statistics.size === 0) return;
  const pause = pauses();
  try {
    let batches = 0;
    for await (const batch of data.epoch(0)) {
      tidy(() =>
        net
          .apply(imagesOf(net, batch), { training: true, step: batches, update: (name, next) => add(statistics.get(name), next) })
          .dispose(),
      );
      batches++;
      await pause();
    }
    if (batches === 0) throw new UsageError('recomputeStatistics: the loader gives no batches');
    tidy(() => {
      for (const { running, sum } of statistics.values()) running.assign(ops.div(sum.value, batches));
    });
  } finally {
    for (const { sum } of statistics.values()) sum.dispose();
  }
}

/** By name of the variable. */
function statisticsOf(net: Net): Map<string, Statistic> {
  const found = net.plan.layers.flatMap(({ path, layer }) => {
    if (layer.definition.type !== 'batchNorm') return [];
    const { momentum = 0.1 } = layer.config as { momentum?: number };
    // Those that no batch changes stay as they are.
    if (momentum === 0) return [];
    return ['runningMean', 'runningVar'].map(key => ({ running: net.variable(`${path}.${key}`), momentum }));
  });
  return new Map(
    found.map(({ running, momentum }) => {
      const { backend, shape, dtype } = running.value;
      const sum = new Variable(`${running.name}/sum`, ops.zeros(backend, shape, dtype));
      return [running.name, { running, momentum, sum }];
    }),
  );
}

/** The update is (1 - momentum) running + momentum batch, of which the batch's own is wanted. */
function add(statistic: Statistic | undefined, next: Tensor): void {
  if (!statistic) return;
  const { running, momentum, sum } = statistic;
  const batch = ops.div(ops.sub(next, ops.mul(running.value, 1 - momentum)), momentum);
  sum.assign(ops.add(sum.value, batch));
}
