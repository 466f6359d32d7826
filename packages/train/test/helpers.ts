import { createHash } from 'node:crypto';
import { digits, type Loader, loader, normalise, toFloat } from '@cnn/data';
import {
  batchNorm,
  conv2d,
  dropout,
  flatten,
  type Graph,
  initialise,
  linear,
  losses,
  maxPool2d,
  type Net,
  relu,
  sequential,
} from '@cnn/layers';
import type { AnyBackend, TypedArray, Variable } from '@cnn/tensor';
import type { Callback, Checkpoint, TrainEvent } from '@cnn/train';

/** A net with all that must survive a resume: dropout, whose masks depend on the step, and running statistics. */
export const smallModel = (): Graph =>
  sequential({
    conv: conv2d({ filters: 4, kernelSize: 5, stride: 3 }),
    norm: batchNorm(),
    relu: relu(),
    pool: maxPool2d({ kernelSize: 2 }),
    flatten: flatten(),
    drop: dropout({ rate: 0.2 }),
    fc: linear({ units: 10 }),
  });

/** Loaders over the generated digits: `count` for training, a fifth of them for validation. */
export function digitLoaders(count: number, batchSize: number, { seed = 1 } = {}): { data: Loader; validation: Loader } {
  const { train, test } = digits({ count });
  const transforms = [toFloat(), normalise({ mean: [0.13], deviation: [0.31] })];
  return {
    data: loader(train, { batchSize, shuffle: true, seed, transforms }),
    validation: loader(test, { batchSize: 50, transforms }),
  };
}

export const smallNet = (backend: AnyBackend, seed = 1): Net => initialise(smallModel(), { backend, input: [1, 28, 28], seed });

export const crossEntropy = losses.softmaxCrossEntropy();

const hash = (data: TypedArray): string =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');

/** The bits of variables, as a hash by name. */
export const bitsOf = async (variables: readonly Variable[]): Promise<Record<string, string>> =>
  Object.fromEntries(await Promise.all(variables.map(async ({ name, value }) => [name, hash(await value.data())] as const)));

/** All of a checkpoint but how long things took. */
export const withoutTimes = ({ seconds: _, history, tensors, callbacks, ...rest }: Checkpoint) => ({
  ...rest,
  history: history.map(({ seconds: _, imagesPerSecond: __, ...row }) => row),
  tensors: Object.fromEntries([...tensors].map(([name, { shape, data }]) => [name, [shape, hash(data)]])),
  callbacks: Object.fromEntries(
    Object.entries(callbacks).map(([name, { data, arrays = {} }]) => [
      name,
      [data, Object.entries(arrays).map(([key, array]) => [key, hash(array)])],
    ]),
  ),
});

/** Calls a function with each event, after all other callbacks. */
export const watch = (name: string, afterEvent: NonNullable<Callback['afterEvent']>): Callback => ({ name, afterEvent });

/** Where in a run an event is, as 'step 5' or 'epochEnd 2'. */
export function placeOf(event: TrainEvent): string {
  if (event.type === 'step') return `step ${event.step}`;
  return event.type === 'epochEnd' ? `epochEnd ${event.epoch}` : event.type;
}
