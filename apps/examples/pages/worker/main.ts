/** The page stays quick while a worker trains: it only shows what the worker says. */
import type { Message } from './worker.js';

const button = document.querySelector('button')!;
const output = document.querySelector('pre')!;

button.addEventListener('click', () => {
  button.disabled = true;
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const end = (text: string): void => {
    output.append(`${text}\n`);
    worker.terminate();
    button.disabled = false;
  };
  worker.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.type === 'epoch') output.append(`epoch ${data.epoch}: loss ${data.loss.toFixed(4)}\n`);
    else end(`${(100 * data.accuracy).toFixed(1)} % of the test images are read right`);
  };
  worker.onerror = ({ message }) => end(message);
  worker.postMessage({ epochs: 3 });
});
