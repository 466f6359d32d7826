/** What a package's name becomes in its files. */
import { isBuiltin } from 'node:module';
import { InputError } from './input-error.js';

/** The names of one plugin. */
export interface Names {
  /** The package, as `@acme/cnn-soft-clip`. */
  readonly pluginPackage: string;
  /** What it exports, as `softClip`. */
  readonly pluginName: string;
  /** The same for types, as `SoftClip`. */
  readonly PluginName: string;
  /** Its type in model files, as `acme/softClip`. */
  readonly pluginType: string;
  /** The last part of the package's name, as `cnn-soft-clip`. */
  readonly folder: string;
}

/** npm's rule for new names, and a letter at the beginning, since it becomes a name in the source. */
const RULE = /^(?:@(?<scope>[a-z0-9][a-z0-9._-]*)\/)?(?<folder>[a-z][a-z0-9._-]*)$/;
const LONGEST = 214;

/** What no export can be called in a module. */
const RESERVED = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function ' +
    'if implements import in instanceof interface let new null package private protected public return static super switch this throw true ' +
    'try typeof undefined var void while with yield'
  ).split(' '),
);

/**
 * The names of a plugin in a package. A leading `cnn-` is for those who search the registry, and is left out in the source.
 *
 * @throws {InputError} if npm would refuse the package's name, or if it makes no name in a program.
 */
export function namesOf(pluginPackage: string): Names {
  const { scope, folder } = RULE.exec(pluginPackage)?.groups ?? {};
  if (!folder || pluginPackage.length > LONGEST)
    throw new InputError(
      `'${pluginPackage}' is no name for a package: a letter, then small letters, digits, '-', '.' and '_', at most ${LONGEST}; as cnn-swish or @acme/cnn-swish`,
    );
  const words = folder
    .replace(/^cnn-(?=.)/, '')
    .split(/[-._]+/)
    .filter(Boolean);
  const PluginName = words.map(word => word[0]!.toUpperCase() + word.slice(1)).join('');
  const pluginName = PluginName.charAt(0).toLowerCase() + PluginName.slice(1);
  if (!/^[a-z]/.test(pluginName) || RESERVED.has(pluginName))
    throw new InputError(
      `'${pluginPackage}' would make '${pluginName}' the plugin's name in the source, which cannot be; take another`,
    );
  if (!scope && (isBuiltin(folder) || folder === 'node_modules'))
    throw new InputError(`'${pluginPackage}' is the name of a module of Node; take another`);
  return { pluginPackage, pluginName, PluginName, pluginType: `${scope ?? folder}/${pluginName}`, folder };
}
