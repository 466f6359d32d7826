/**
 * A run that is stopped in the middle of an epoch and goes on from its checkpoint, to the same bits as one that was never stopped.
 *
 *   npm run example -- resume-a-run
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@cnn/backend-cpu';
import { digits, loader } from '@cnn/data';
import { initialise, losses } from '@cnn/layers';
import { mlp } from '@cnn/models';
import { sgd } from '@cnn/optim';
import { type FitOptions, fit } from '@cnn/train';
import { checkpoints, latestCheckpoint } from '@cnn/train/node';

const { train } = digits({ count: 1000 });
const backend = await cpu();

/** The same training in a new net. */
async function run(more: Partial<FitOptions> = {}): Promise<ArrayLike<number>> {
  const net = initialise(mlp(), { backend, input: train.shape, seed: 1 });
  const data = loader(train, { batchSize: 50, shuffle: true, seed: 1 });
  const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
  const { reason } = await fit({ net, loss: losses.softmaxCrossEntropy(), optimizer, data, epochs: 2, ...more });
  console.log(`the run ended: ${reason}`);
  return net.parameters[0]!.value.data();
}

const dir = await mkdtemp(join(tmpdir(), 'cnn-run-'));
const stop = new AbortController();

// Twenty batches are an epoch; this run is stopped in its second. A callback saves it at its end.
await run({
  callbacks: [checkpoints({ dir })],
  signal: stop.signal,
  onEvent: event => event.type === 'step' && event.step === 27 && stop.abort(),
});

const { checkpoint, file } = await latestCheckpoint(dir);
if (!checkpoint) throw new Error(`no checkpoint in ${dir}`);
console.log(`${file} is of epoch ${checkpoint.epoch}, batch ${checkpoint.batch}`);

const resumed = await run({ callbacks: [checkpoints({ dir })], resume: checkpoint });
const whole = await run({ callbacks: [checkpoints({ dir: join(dir, 'whole') })] });
console.log(`the same weights to the last bit: ${Array.from(whole).every((weight, i) => Object.is(weight, resumed[i]))}`);

await rm(dir, { recursive: true });
