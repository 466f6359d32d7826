/** What has changed between two API reports, and whether a changeset says so. */

/**
 * The changes from one report to another, one for each name.
 *
 * @returns `added`: a new name, or members that may be left out. `changed` and `removed`: what may break somebody's program.
 */
export function apiChanges(before, after) {
  const old = declarations(before);
  const now = declarations(after);
  const names = [...new Set([...old.keys(), ...now.keys()])].filter(name => old.get(name) !== now.get(name));
  return names.map(name => ({ name, kind: kindOf(old.get(name), now.get(name)) }));
}

function kindOf(before, after) {
  if (before === undefined) return 'added';
  if (after === undefined) return 'removed';
  return onlyGainsOptionalMembers(before.split('\n'), after.split('\n')) ? 'added' : 'changed';
}

/** Whether all lines are still there in their order, and each new one is a member with a question mark. */
function onlyGainsOptionalMembers(before, after) {
  let next = 0;
  for (const line of after) {
    if (line === before[next]) next++;
    else if (!/^ +(readonly )?\w+\?[:(].*;$/.test(line)) return false;
  }
  return next === before.length;
}

/** The declarations of a report by name: overloads together, what has no name of its own by its text. Imports are no part of an API. */
function declarations(report) {
  const body = /^```ts\n(.*)^```/ms.exec(report)?.[1] ?? '';
  const found = new Map();
  for (const block of body.split(/\n{2,}/).map(text => text.trim())) {
    if (block === '' || block.startsWith('import ')) continue;
    const name = /^(?:export )?(?:abstract )?(?:const|let|function|class|interface|type|enum|namespace) (\w+)/.exec(block)?.[1];
    const key = name ?? /^export \{ (?:\w+ as )?(\w+) \}$/.exec(block)?.[1] ?? block;
    found.set(key, found.has(key) ? `${found.get(key)}\n${block}` : block);
  }
  return found;
}

/** Whether a changeset of the package names a change in code marks; for what was added, a changeset of the package is enough. */
export function isAnnounced({ name, kind }, packageName, changesets) {
  const own = changesets.filter(text => new RegExp(`^['"]?${packageName}['"]?:`, 'm').test(text));
  if (kind === 'added') return own.length > 0;
  const marked = own.flatMap(text => [...text.matchAll(/`([^`\n]*)`/g)].map(([, code]) => code));
  return marked.some(code => new RegExp(`\\b${name}\\b`).test(code));
}
