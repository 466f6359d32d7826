const WIDTH = 96;

/** JSON for people: what fits in a line is in one, as a layer with its options. */
export function formatJson(value: unknown, indent = ''): string {
  const line = oneLine(value);
  const isNested = typeof value === 'object' && value !== null;
  if (!isNested || (indent.length + line.length <= WIDTH && !holdsObjects(value))) return line;
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const items = isList
    ? value.map(item => inner + formatJson(item, inner))
    : Object.entries(value).map(([name, item]) => `${inner}${JSON.stringify(name)}: ${formatJson(item, inner)}`);
  return `${isList ? '[' : '{'}\n${items.join(',\n')}\n${indent}${isList ? ']' : '}'}`;
}

const holdsObjects = (value: object): boolean =>
  Object.values(value).some(item => typeof item === 'object' && item !== null && (!Array.isArray(item) || holdsObjects(item)));

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${oneLine(item)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}
