import type { Net } from '@cnn/layers';
import { checkOptions, FormatError, option, show, type Tensor, type TypedArray, UsageError } from '@cnn/tensor';
import type { Callback } from '../callback.js';
import { type Checkpoint, captureVariables, restorer } from '../checkpoint.js';
import { predict } from '../evaluate.js';

/** Options of {@link snapshots}. */
export interface SnapshotsOptions {
  /** Epochs from one snapshot to the next: the length of the schedule's cycle. */
  readonly length: number;
  /** How many of the last snapshots are kept. Default: all. */
  readonly keep?: number;
}

/** The nets that one run passed through. */
export interface Snapshots extends Callback {
  /** How many there are. */
  readonly count: number;
  /**
   * Class probabilities of some images, the mean over all snapshots.
   *
   * @param net - The net of the run; it has its own weights again afterwards.
   * @param images - [n, c, h, w], prepared as for training.
   * @returns one list of probabilities an image. @throws {UsageError} before the first snapshot.
   */
  predict(net: Net, images: Tensor): Promise<number[][]>;
}

/**
 * A snapshot ensemble (Huang et al., 2017): the schedule falls to a minimum and restarts again and again, as
 * `cosineWarmRestarts({ learningRate, length })` does; the weights at each minimum are kept on the host, and their predictions
 * averaged.
 *
 * @throws {OptionError} for an unknown or impossible option, and without a length.
 */
export function snapshots(options: SnapshotsOptions): Snapshots {
  checkOptions('snapshots', options, { length: option.count, keep: option.count }, ['length']);
  const { length, keep = Number.POSITIVE_INFINITY } = options;
  let taken: Checkpoint['tensors'][] = [];

  return {
    name: 'snapshots',
    get count() {
      return taken.length;
    },
    async onEvent(event, { net }) {
      if (event.type !== 'epochEnd' || event.epoch % length !== 0) return;
      taken.push(await captureVariables(net.variables));
      if (taken.length > keep) taken.shift();
    },
    save: () => ({
      data: taken.map(snapshot => Object.fromEntries([...snapshot].map(([name, { shape }]) => [name, shape]))),
      arrays: Object.fromEntries(taken.flatMap((snapshot, i) => [...snapshot].map(([name, { data }]) => [`${i}/${name}`, data]))),
    }),
    restore({ data, arrays = {} }) {
      taken = restored(data, arrays);
    },
    async predict(net, images) {
      if (taken.length === 0) throw new UsageError('snapshots: there is none yet');
      const own = await captureVariables(net.variables);
      try {
        const each: number[][][] = [];
        for (const snapshot of taken) {
          restorer(net.variables, snapshot, 'snapshots')();
          each.push(await predict(net, images));
        }
        // #region average
        return each[0]!.map((row, i) => row.map((_, j) => each.reduce((sum, rows) => sum + rows[i]![j]!, 0) / each.length));
        // #endregion average
      } finally {
        restorer(net.variables, own, 'snapshots')();
      }
    },
  };
}

/** @throws {FormatError} for anything but what `save` gave. */
function restored(data: unknown, arrays: Readonly<Record<string, TypedArray>>): Checkpoint['tensors'][] {
  const damaged = () => new FormatError('checkpoint', `what 'snapshots' saved is damaged: ${show(data)}`);
  if (!Array.isArray(data)) throw damaged();
  return data.map((shapes: unknown, i) => {
    const entries = Object.entries(Object(shapes) as Record<string, unknown>);
    return new Map(
      entries.map(([name, shape]) => {
        const numbers = arrays[`${i}/${name}`];
        if (!numbers || !option.list(option.index).accepts(shape)) throw damaged();
        return [name, { shape: shape as readonly number[], data: numbers }];
      }),
    );
  });
}
