/** The engine's worker: answers the page's questions, passes on what the engine tells. */
import type { Commands, FromWorker, Problem, Question } from '../protocol.js';
import { TextError } from '../text/json-lines.js';
import { abilities } from './backends.js';
import { Engine } from './engine.js';

const send = (message: FromWorker): void => postMessage(message);

const engine = new Engine(event => send({ event }));

globalThis.onmessage = async ({ data }: MessageEvent<Question>): Promise<void> => {
  const { id, command, args } = data;
  try {
    const result = await engine.ask(command, ...(args as Parameters<Commands[typeof command]>));
    send({ id, result });
  } catch (error) {
    send({ id, problem: problemOf(error) });
  }
};

const problemOf = (error: unknown): Problem => ({
  message: error instanceof Error ? error.message : String(error),
  ...(error instanceof TextError && { line: error.line }),
});

send({ ready: abilities() });
