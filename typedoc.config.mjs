/** The API reference: one page for each entry point of each published package, in docs/api. */
import { readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Converter, ReflectionKind } from 'typedoc';
import { referencePages } from './tools/reference-pages.mjs';

const root = fileURLToPath(new URL('.', import.meta.url));

/** The name of each entry point, as an import has it, by its source file. */
const entries = new Map(
  readdirSync(`${root}packages`).flatMap(folder => {
    const { name, exports = {} } = JSON.parse(readFileSync(`${root}packages/${folder}/package.json`, 'utf8'));
    return Object.entries(exports)
      .filter(([, target]) => target['@cnn/source'])
      .map(([path, target]) => [`packages/${folder}/${target['@cnn/source'].slice(2)}`, name + path.slice(1)]);
  }),
);

/** Modules are called as they are imported, and a parameter that is taken apart at once is called as its readers call it. */
function giveNames({ converter }) {
  converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (reflection.kindOf(ReflectionKind.Module)) {
      const file = context.getSymbolFromReflection(reflection)?.declarations?.[0]?.getSourceFile().fileName;
      reflection.name = entries.get(file && relative(root, file)) ?? reflection.name;
    }
  });
  converter.on(Converter.EVENT_CREATE_PARAMETER, (_, reflection) => {
    if (reflection.name === '__namedParameters') reflection.name = 'options';
  });
}

export default {
  name: 'cnn',
  plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme', giveNames, referencePages],
  tsconfig: 'docs/tsconfig.json',
  entryPoints: [...entries.keys()],
  out: 'docs/api',
  docsRoot: 'docs',
  readme: 'none',
  outputFileStrategy: 'modules',
  useHTMLAnchors: true,
  groupOrder: ['Namespaces', 'Functions', 'Variables', 'Classes', 'Interfaces', '*'],
  // The same order: of two headings that differ in case only, the anchor of the second ends with -1.
  kindSortOrder: [
    ...['Document', 'Project', 'Module', 'Namespace', 'Function', 'Variable', 'Class', 'Interface', 'TypeAlias', 'Reference'],
    ...['Enum', 'EnumMember', 'Constructor', 'Property', 'Accessor', 'Method', 'Parameter', 'TypeParameter', 'TypeLiteral'],
    ...['CallSignature', 'ConstructorSignature', 'IndexSignature', 'GetSignature', 'SetSignature'],
  ],
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  excludeInternal: true,
  excludePrivate: true,
  disableSources: true,
  // `npm test` checks types on its own.
  skipErrorChecking: true,
  treatWarningsAsErrors: true,
  requiredToBeDocumented: ['Function', 'Class', 'Interface', 'TypeAlias', 'Variable', 'Method', 'Accessor'],
  validation: { notExported: true, invalidLink: true, notDocumented: true },
};
