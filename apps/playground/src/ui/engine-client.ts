/** The page's end of the line to the engine in its worker. */
import type { Abilities, Commands, EngineEvent, FromWorker, Problem, Question } from '../protocol.js';

/** A command that failed; `line` is that of a network's text, from 1. */
export class EngineError extends Error {
  override name = 'EngineError';
  readonly line: number | undefined;

  constructor({ message, line }: Problem) {
    super(message);
    this.line = line;
  }
}

/** A running engine. */
export interface EngineClient {
  readonly abilities: Abilities;
  /** @throws {EngineError} */
  ask<C extends keyof Commands>(command: C, ...args: Parameters<Commands[C]>): Promise<Awaited<ReturnType<Commands[C]>>>;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: EngineError): void;
}

/** Starts the worker. Rejects if it cannot be loaded. */
export function startEngine(onEvent: (event: EngineEvent) => void): Promise<EngineClient> {
  const worker = new Worker(new URL('../engine/worker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<number, Waiting>();
  let last = 0;
  const ask: EngineClient['ask'] = (command, ...args) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      worker.postMessage({ id, command, args } satisfies Question);
    });
  return new Promise((started, failed) => {
    worker.onerror = ({ message }) => failed(new EngineError({ message: message || 'the worker could not be loaded' }));
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if ('ready' in data) return started({ abilities: data.ready, ask });
      if ('event' in data) return onEvent(data.event);
      const { resolve, reject } = waiting.get(data.id)!;
      waiting.delete(data.id);
      if ('problem' in data) reject(new EngineError(data.problem));
      else resolve(data.result);
    };
  });
}
