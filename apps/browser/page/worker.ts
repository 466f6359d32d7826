/** A worker of the page: does the task that it is sent. */
import { runTask } from './run-task.js';
import type { Task } from './task.js';

globalThis.onmessage = async ({ data }: MessageEvent<Task>) => {
  try {
    postMessage({ result: await runTask(data) });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};
