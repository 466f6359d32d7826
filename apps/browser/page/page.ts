/** The page: does what the test asks of it, itself or in a worker. */
import { runTask } from './run-task.js';
import type { Task } from './task.js';

function inWorker(task: Task): Promise<unknown> {
  const worker = new Worker('/worker.js', { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<{ result?: unknown; error?: string }>) =>
      data.error === undefined ? resolve(data.result) : reject(new Error(data.error));
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(task);
  }).finally(() => worker.terminate());
}

Object.assign(globalThis, { runTask: (task: Task) => (task.inWorker ? inWorker(task) : runTask(task)) });
