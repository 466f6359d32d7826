/** The files of a template, with the names of a plugin in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import packageJson from '../package.json' with { type: 'json' };
import { InputError } from './input-error.js';
import type { Kind } from './kinds.js';
import type { Names } from './names.js';

/** A file's text by its path. */
export type Files = ReadonlyMap<string, string>;

const templates = fileURLToPath(new URL('../templates', import.meta.url));

/**
 * The files of a new plugin: those of `templates/common` and of its kind. The templates are a program that compiles; the names in it
 * that stand for the plugin's own are replaced. `package.json` is the common `manifest.json` with what the kind's says beside it.
 *
 * @throws {InputError} if the template uses the plugin's name for something else.
 */
export function filesOf(kind: Kind, names: Names): Files {
  const common = read(join(templates, 'common'));
  const own = read(join(templates, kind));
  refuseTaken(names, [...own.values()]);

  const files = new Map([...common, ...own]);
  // In templates these two go by other names: npm would read them as its own.
  const [commonManifest, ownManifest] = [common, own].map(each => JSON.parse(each.get('manifest.json')!) as Manifest);
  files.set('package.json', `${JSON.stringify(merged(commonManifest!, ownManifest!), undefined, 2)}\n`);
  files.delete('manifest.json');
  files.set('.gitignore', files.get('gitignore')!);
  files.delete('gitignore');

  const replacements: Readonly<Record<string, string>> = {
    ...names,
    cnnVersion: packageJson.version,
    currentYear: `${new Date().getFullYear()}`,
  };
  const placeholder = new RegExp(Object.keys(replacements).join('|'), 'g');
  return new Map([...files].map(([path, text]) => [path, text.replace(placeholder, found => replacements[found]!)]));
}

function read(folder: string): Map<string, string> {
  return new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name))
      .map(path => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]),
  );
}

type Manifest = Readonly<Record<string, unknown>>;

/** Lists and objects are joined, and what is neither is the second's. */
function merged(common: Manifest, own: Manifest): Manifest {
  const both = (first: unknown, second: unknown): unknown => {
    if (Array.isArray(first) && Array.isArray(second)) return [...first, ...second];
    return typeof first === 'object' ? { ...first, ...(second as object) } : second;
  };
  return { ...common, ...Object.fromEntries(Object.entries(own).map(([field, value]) => [field, both(common[field], value)])) };
}

/** Names of the same spelling would be one name in the source. */
function refuseTaken({ pluginPackage, pluginName }: Names, texts: readonly string[]): void {
  const source = texts.join('\n').replace(/\/\*.*?\*\/|\/\/.*?$/gms, '');
  if (new RegExp(`(?<![.\\w])${pluginName}\\b`).test(source))
    throw new InputError(
      `'${pluginPackage}' would make '${pluginName}' the plugin's name in the source, where something else is called so; take another`,
    );
}
