import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { cpu } from '@cnn/backend-cpu';
import { type Batch, digits, type Loader, loader } from '@cnn/data';
import { conv2d, flatten, initialise, linear, losses, maxPool2d, relu, sequential } from '@cnn/layers';
import { adam } from '@cnn/optim';
import { fit } from '@cnn/train';
import { expect, it } from 'vitest';

/** How many steps; the soak run sets 10,000. */
const steps = Number(process.env.CNN_SOAK_STEPS ?? 1000);
const warmUp = 200;
const distinctBatches = 10;

/** LeNet-5 (LeCun et al., 1998) as @cnn/models has it. */
const lenet5 = sequential([
  conv2d({ filters: 6, kernelSize: 5, padding: 2 }),
  relu(),
  maxPool2d({ kernelSize: 2 }),
  conv2d({ filters: 16, kernelSize: 5 }),
  relu(),
  maxPool2d({ kernelSize: 2 }),
  flatten(),
  linear({ units: 120 }),
  relu(),
  linear({ units: 84 }),
  relu(),
  linear({ units: 10 }),
]);

/** A few batches over and over, as one long epoch. */
async function repeated(): Promise<Loader> {
  const once = loader(digits({ count: 64 * distinctBatches }).train, { batchSize: 64 });
  const batches: Batch[] = [];
  for await (const batch of once.epoch(0)) batches.push(batch);
  return {
    ...once,
    batches: steps,
    async *epoch() {
      for (let i = 0; i < steps; i++) yield batches[i % distinctBatches]!;
    },
  };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

it(`memory is flat over ${steps} steps of LeNet-5`, { timeout: 60_000 + 100 * steps }, async () => {
  const backend = await cpu();
  const net = initialise(lenet5, { backend, input: [1, 28, 28] });
  const measure = () => {
    collectGarbage();
    const { rss, heapUsed, external } = process.memoryUsage();
    const { liveBuffers, liveBytes, memoryBytes } = backend.memory();
    return { liveBuffers, liveBytes, memoryBytes, host: heapUsed + external, rss };
  };
  const before = backend.live();
  let warm: ReturnType<typeof measure> | undefined;
  let last: ReturnType<typeof measure> | undefined;
  const { history } = await fit({
    net,
    loss: losses.softmaxCrossEntropy(),
    optimizer: adam(),
    data: await repeated(),
    epochs: 1,
    onEvent: event => {
      if (event.type !== 'step') return;
      if (event.step === warmUp) warm = measure();
      if (event.step === steps) last = measure();
    },
  });
  expect(backend.live()).toBe(before);
  expect(last!.liveBuffers).toBe(warm!.liveBuffers);
  expect(last!.liveBytes).toBe(warm!.liveBytes);
  expect(last!.memoryBytes).toBe(warm!.memoryBytes);
  const megabyte = 2 ** 20;
  expect(last!.host - warm!.host).toBeLessThan(2 * megabyte);
  expect(last!.rss - warm!.rss).toBeLessThan(24 * megabyte);
  expect(history[0]!.trainLoss).toBeLessThan(1);
  net.dispose();
});
