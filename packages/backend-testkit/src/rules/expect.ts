import { ConformanceError } from '../conformance-error.js';

/** The error of a call, which throws or rejects. @throws {ConformanceError} if it does neither. */
export async function errorOf(what: string, call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (error) {
    if (error instanceof Error) return error;
    throw new ConformanceError(`${what} threw ${String(error)}, which is no Error`);
  }
  throw new ConformanceError(`${what} is no error`);
}

/** @throws {ConformanceError} unless the message of a call's error holds some words. */
export async function expectError(what: string, words: readonly string[], call: () => unknown): Promise<void> {
  const { message } = await errorOf(what, call);
  const missing = words.find(word => !message.includes(word));
  if (missing !== undefined) throw new ConformanceError(`the error of ${what} does not name '${missing}': ${message}`);
}

/** @throws {ConformanceError} unless a condition holds. */
export function check(condition: boolean, problem: string): void {
  if (!condition) throw new ConformanceError(problem);
}
