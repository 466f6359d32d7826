import { cpu } from '@cnn/backend-cpu';
import { type GpuJsConstructor, gpujs } from '@cnn/backend-gpujs';
import { report } from '@cnn/backend-testkit';
import type { AnyBackend } from '@cnn/tensor';
import { GPU } from 'gpu.js';
import { loseContext } from './lose-context.js';
import type { ConformanceResult, LossResult, Task, TimingResult, TrainingResult, Where } from './task.js';
import { timeItems } from './time-items.js';
import { trainLeNet } from './train-lenet.js';

type Counted = AnyBackend & { live(): number };

async function open(where: Where): Promise<Counted> {
  if (where.kind === 'cpu') return cpu({ threads: where.threads ?? 1 });
  return gpujs({ mode: where.mode, gpu: GPU as unknown as GpuJsConstructor });
}

/** Does a task, in a page or in a worker. */
export async function runTask(task: Task): Promise<ConformanceResult | LossResult | TimingResult | TrainingResult> {
  if (task.do === 'lose the context') return loseContext();
  if (task.do === 'conformance') return { report: await report(() => open(task.where), task.only ? { only: task.only } : {}) };
  const backend = await open(task.where);
  if (task.do === 'time') {
    const times = await timeItems(backend, task);
    await backend.dispose();
    return times;
  }
  const start = performance.now();
  const losses = await trainLeNet(backend, task);
  const seconds = (performance.now() - start) / 1000;
  const left = backend.live();
  const ran = 'mode' in backend ? String(backend.mode) : `${(backend as unknown as { threads: number }).threads} threads`;
  await backend.dispose();
  return { losses, left, ran, seconds };
}
