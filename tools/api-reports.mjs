/** The public names of every package with their types, as API Extractor reads them from the built declarations. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { root } from './process.mjs';

/**
 * @returns of each entry point that has types: the package, the committed `file` of its report, and the `text` of what it is now.
 *   Members that are marked `@internal` are left out.
 */
export function apiReports() {
  const temporary = mkdtempSync(join(tmpdir(), 'cnn-api-'));
  try {
    const entries = entryPoints().map(entry => ({ ...entry, config: extractorConfig(entry, temporary) }));
    // One program of all packages: what they have in common is read once.
    const compilerState = CompilerState.create(entries[0].config, { additionalEntryPoints: entries.map(({ types }) => types) });
    return entries.map(({ name, file, config }) => {
      const problems = [];
      Extractor.invoke(config, {
        compilerState,
        localBuild: true,
        messageCallback(message) {
          if (message.category === 'Compiler') problems.push(message.text);
          message.handled = true;
        },
      });
      if (problems.length > 0) throw new Error(`${name}: ${problems.join('; ')}`);
      const text = readFileSync(join(temporary, config.reportConfigs[0].fileName), 'utf8');
      const plain = text
        // All that is left is public, and whether it has a doc comment is typedoc's matter.
        .replace(/^ *\/\/ (@public.*|\(undocumented\)|\(No @packageDocumentation .*)\n/gm, '')
        // The bundler counts the types that are not exported and have one name; the numbers are nobody's business.
        .replace(/\$\d+\b/g, '');
      return { name, file, text: plain };
    });
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function entryPoints() {
  return readdirSync(join(root, 'packages')).flatMap(folder => {
    const { name, exports = {} } = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'));
    return Object.entries(exports).flatMap(([entry, { types }]) => {
      if (!types) return [];
      const title = entry === '.' ? 'index' : entry.slice(2);
      const project = join(root, 'packages', folder);
      return { name, project, title, types: join(project, types), file: `packages/${folder}/api/${title}.api.md` };
    });
  });
}

function extractorConfig({ project, title, types, name }, folder) {
  return ExtractorConfig.prepare({
    packageJsonFullPath: join(project, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: project,
      mainEntryPointFilePath: types,
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'ES2022',
            lib: ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
            module: 'ESNext',
            moduleResolution: 'bundler',
            strict: true,
            skipLibCheck: true,
            types: [],
          },
          files: [types],
        },
      },
      apiReport: {
        enabled: true,
        reportFolder: folder,
        reportTempFolder: join(folder, 'temporary'),
        reportFileName: `${name.replace('/', '-')}-${title}`,
        reportVariants: ['public'],
        // A type that public ones are made of is public, too.
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        extractorMessageReporting: { default: { logLevel: 'none' } },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
  });
}
