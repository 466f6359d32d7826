import { Command, Option } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { create } from './create.js';
import { Dialogue, type Terminal } from './dialogue.js';
import { InputError } from './input-error.js';
import { type Kind, kinds } from './kinds.js';
import { type Names, namesOf } from './names.js';
import { filesOf } from './template.js';

interface Options {
  readonly kind?: Kind;
  readonly dir?: string;
}

/**
 * `create-cnn-plugin`, which `npm create cnn-plugin` runs.
 *
 * @param terminal - Where it asks for what is not given; without one that is an error.
 */
export const createCommand = (terminal: Terminal | undefined): Command =>
  new Command('create-cnn-plugin')
    .usage('[name] [options]\n       npm create cnn-plugin [name] -- [options]')
    .description(
      'Make a package with a layer, an optimizer, an op or a backend of your own for cnn. It asks for what is not given.',
    )
    .version(packageJson.version)
    .argument('[name]', 'the name of the package, as cnn-swish or @acme/cnn-swish')
    .addOption(new Option('--kind <kind>', 'what it is').choices(kinds))
    .option('--dir <folder>', "a folder that is new or empty (default: the name's last part)")
    .exitOverride()
    .showHelpAfterError('(see create-cnn-plugin --help)')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'create-cnn-plugin: ')) })
    .action(async (name: string | undefined, { kind, dir }: Options) => {
      const names = name === undefined ? undefined : namesOf(name);
      const wanted = names && kind ? { names, kind } : await askFor(names, kind, terminal);
      const folder = dir ?? wanted.names.folder;
      create(folder, filesOf(wanted.kind, wanted.names));
      process.stdout.write(`${nextSteps(wanted, folder)}\n`);
    });

/** What is to be made. */
interface Wanted {
  readonly names: Names;
  readonly kind: Kind;
}

/** Asks for what is missing. */
async function askFor(names: Names | undefined, kind: Kind | undefined, terminal: Terminal | undefined): Promise<Wanted> {
  if (!terminal)
    throw new InputError(`there is no ${names ? 'kind' : 'name'}; give it, as npm create cnn-plugin cnn-swish -- --kind layer`);
  const dialogue = new Dialogue(terminal);
  try {
    return {
      names: names ?? (await dialogue.ask('Name of the package, as cnn-swish or @acme/cnn-swish: ', namesOf)),
      kind: kind ?? (await dialogue.ask(`Kind of plugin, one of ${kinds.join(', ')}: `, kindOf)),
    };
  } finally {
    dialogue.close();
  }
}

function kindOf(text: string): Kind {
  const kind = kinds.find(each => each === text);
  if (!kind) throw new InputError(`'${text}' is none of ${kinds.join(', ')}`);
  return kind;
}

const nextSteps = ({ names, kind }: Wanted, folder: string): string => `made ${names.pluginPackage} (${kind}) in ${folder}

  cd ${folder}
  npm install
  npm test            # it passes as it is; make it yours
  npm run build
  npm run try         # trains a small network with it`;
