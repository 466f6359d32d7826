import { createInterface, type Interface } from 'node:readline';
import { InputError } from './input-error.js';

/** Where questions are put, and answered. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** Questions on a terminal. Answers that are there before their question are not lost. */
export class Dialogue {
  readonly #terminal: Terminal;
  readonly #interface: Interface;
  readonly #answers: AsyncIterator<string>;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#interface = createInterface(terminal);
    this.#answers = this.#interface[Symbol.asyncIterator]();
  }

  /**
   * Asks until the answer will do.
   *
   * @param read - What the answer means; an {@link InputError} of it is shown, and the question comes again.
   * @throws {InputError} if the terminal is closed, or Ctrl-C pressed.
   */
  async ask<T>(question: string, read: (answer: string) => T): Promise<T> {
    this.#interface.setPrompt(question);
    for (;;) {
      this.#interface.prompt();
      const { value, done } = await this.#answers.next();
      if (done) throw new InputError('no answer, so nothing was made');
      try {
        return read(value.trim());
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        this.#terminal.output.write(`${error.message}\n`);
      }
    }
  }

  close(): void {
    this.#interface.close();
  }
}
