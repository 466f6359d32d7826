/** The root of every error that cnn throws on purpose, so that a program can tell it from a fault. */
export class CnnError extends Error {
  override name = 'CnnError';
}

/** Shapes that do not fit an op, a layer or a model. The message holds the shapes. */
export class ShapeError extends CnnError {
  override name = 'ShapeError';
}

/** A dtype that an op does not take, or dtypes that differ. The message names `cast`. */
export class DTypeError extends CnnError {
  override name = 'DTypeError';
}

/** Tensors of different backends, or something that a backend cannot do. */
export class BackendError extends CnnError {
  override name = 'BackendError';
}

/** A tensor, variable or scope used against its rules: after dispose, inside `grad`, or with a promise. */
export class UsageError extends CnnError {
  override name = 'UsageError';
}

/** An option that is unknown or impossible. */
export class OptionError extends CnnError {
  override name = 'OptionError';

  /**
   * @param owner - What took the options, as `conv2d`.
   * @param option - The option's name.
   * @param value - What was given.
   * @param allowed - What is allowed, in words.
   */
  constructor(
    readonly owner: string,
    readonly option: string,
    readonly value: unknown,
    readonly allowed: string,
  ) {
    super(`${owner}: option '${option}' is ${show(value)}; allowed: ${allowed}`);
  }
}

/** A file or text that breaks its format: truncated, too large, inconsistent or of a newer version. */
export class FormatError extends CnnError {
  override name = 'FormatError';

  /**
   * @param source - The file or text, as its user knows it.
   * @param problem - What is wrong, with the numbers.
   * @param offset - The byte where it is wrong, where known.
   */
  constructor(
    readonly source: string,
    readonly problem: string,
    readonly offset?: number,
    options?: ErrorOptions,
  ) {
    super(`${source}${offset === undefined ? '' : ` at byte ${offset}`}: ${problem}`, options);
  }
}

/** A value as a short text for an error message. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'number' || typeof value === 'bigint' || value === undefined || value === null) return String(value);
  if (typeof value === 'function') return 'a function';
  try {
    const text = JSON.stringify(value);
    return text.length > 80 ? `${text.slice(0, 77)}...` : text;
  } catch {
    return Object.prototype.toString.call(value);
  }
}
