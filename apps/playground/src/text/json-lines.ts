/** Reads JSON and remembers in which line each of its parts begins, which JSON.parse does not tell. */

/** A mistake in a text, in a line from 1. */
export class TextError extends Error {
  override name = 'TextError';

  constructor(
    message: string,
    readonly line: number,
  ) {
    super(message);
  }
}

/** What a text says, and where. */
export interface JsonLines {
  readonly value: unknown;
  /** The line, from 1, of the deepest part on the way to a place, as `model.layers.conv1`. */
  lineOf(place: string): number;
}

/** A token of JSON: a bracket or sign, a string, or a word (a number, true, false, null). */
const TOKEN = /\s*(?:([[\]{}:,])|("(?:[^"\\]|\\.)*")|([^\s[\]{}:,"]+))/y;

/** @throws {TextError} where it is not JSON, and for a name that is twice in one object. */
export function parseJsonLines(text: string): JsonLines {
  const lines = new Map<string, number>();
  let at = 0;
  let token = '';
  const lineAt = (position: number): number => text.slice(0, position).split('\n').length;
  const fail = (problem: string): never => {
    throw new TextError(problem, lineAt(at));
  };
  const next = (): void => {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (found) {
      token = found[1] ?? found[2] ?? found[3]!;
      at = TOKEN.lastIndex;
      return;
    }
    token = '';
    const rest = text.slice(at).trimStart();
    at = text.length - rest.length;
    if (rest !== '') fail('a string is not closed');
  };
  const is = (sign: string): boolean => token === sign;
  const shown = (): string => (token === '' ? 'the end of the text' : token);
  const scalar = (): unknown => {
    try {
      return JSON.parse(token);
    } catch {
      return fail(`expected a value, found ${shown()}`);
    }
  };
  const read = (place: string): unknown => {
    lines.set(place, lineAt(at - token.length));
    if (!is('[') && !is('{')) {
      const value = scalar();
      next();
      return value;
    }
    const isList = is('[');
    const close = isList ? ']' : '}';
    const items: [string, unknown][] = [];
    next();
    while (!is(close)) {
      if (items.length > 0) {
        if (!is(',')) fail(`expected , or ${close}, found ${shown()}`);
        next();
      }
      let name = String(items.length);
      if (!isList) {
        if (!token.startsWith('"')) fail(`expected a name in quotes, found ${shown()}`);
        name = scalar() as string;
        if (items.some(([other]) => other === name)) fail(`the name "${name}" is there twice`);
        next();
        if (!is(':')) fail(`expected : after "${name}", found ${shown()}`);
        next();
      }
      items.push([name, read(place === '' ? name : `${place}.${name}`)]);
    }
    next();
    return isList ? items.map(([, value]) => value) : Object.fromEntries(items);
  };
  next();
  const value = read('');
  if (token !== '') fail(`the text goes on after its end, with ${shown()}`);
  return {
    value,
    lineOf(place) {
      for (let part = place; ; part = part.slice(0, Math.max(0, part.lastIndexOf('.')))) {
        const line = lines.get(part);
        if (line !== undefined) return line;
      }
    },
  };
}
