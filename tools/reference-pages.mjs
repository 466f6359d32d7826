/** A plugin of typedoc that writes docs/reference: for each family of functions a table of all that is exported, from their doc comments. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { ReflectionKind, RendererEvent } from 'typedoc';
import { root } from './process.mjs';

/**
 * Each is a page. An entry of the table is an export of `module` (of its `namespace`, if given) from a file that `from` matches, and
 * that `is` takes; the first group of `from` is its section, if there is one.
 */
const FAMILIES = [
  {
    page: 'ops',
    title: 'Ops',
    text: 'Functions of tensors, as `ops.NAME` or from `@cnn/tensor/ops`. Each has a gradient where there is one.',
    module: '@cnn/tensor/ops',
    from: /^src\/ops\/(?!common|window|optimizer-step)(.*)\.ts$/,
    is: isCallable,
  },
  {
    page: 'layers',
    title: 'Layers',
    text: 'Made by functions of their options, as plain data, from `@cnn/layers`.',
    module: '@cnn/layers',
    from: /^src\/layers\/(.*)\.ts$/,
    is: isCallable,
  },
  {
    page: 'graphs',
    title: 'Graphs',
    text: 'How layers become models, from `@cnn/layers`.',
    module: '@cnn/layers',
    from: /^src\/graph\.ts$/,
    is: isFunction,
  },
  {
    page: 'losses',
    title: 'Losses',
    text: '`losses.NAME(options)` from `@cnn/layers` gives a function of predictions and targets.',
    module: '@cnn/layers',
    namespace: 'losses',
    from: /^src\/losses\/.*\.ts$/,
    is: isCallable,
  },
  {
    page: 'initialisers',
    title: 'Initialisers',
    text: 'First weights, as `initialisers.NAME` or by name in a layer, from `@cnn/layers`.',
    module: '@cnn/layers',
    namespace: 'initialisers',
    from: /^src\/initialisers\.ts$/,
    is: isCallable,
  },
  {
    page: 'optimizers',
    title: 'Optimizers',
    text: 'From `@cnn/optim`. [Their paths over three surfaces](../optimizers.md).',
    module: '@cnn/optim',
    from: /^src\/(optimizers|closures|clip|weight-average)(?:\/.*)?(?:\.ts)?$/,
    is: isCallable,
  },
  {
    page: 'schedules',
    title: 'Schedules',
    text: 'Learning rates as functions of time, from `@cnn/optim`.',
    module: '@cnn/optim',
    from: /^src\/schedules\/.*\.ts$/,
    is: isCallable,
  },
  {
    page: 'transforms',
    title: 'Transforms',
    text: 'Preprocessing and augmentation of batches, from `@cnn/data`. [Each on a photo](../augmentation.md).',
    module: '@cnn/data',
    from: /^src\/transforms\/.*\.ts$/,
    is: isFunction,
  },
  {
    page: 'models',
    title: 'Models',
    text: 'Published architectures as data, from `@cnn/models`. [Their sizes and costs](../models.md).',
    module: '@cnn/models',
    from: /^src\/.*\.ts$/,
    is: isFunction,
  },
  {
    page: 'training',
    title: 'Training',
    text: 'The loop, its callbacks and what they report, from `@cnn/train`.',
    module: '@cnn/train',
    from: /^src\/.*\.ts$/,
    is: isCallable,
  },
  {
    page: 'classic',
    title: 'Classifiers before CNNs',
    text: 'Features and classifiers, from `@cnn/classic`.',
    module: '@cnn/classic',
    from: /^src\/.*\.ts$/,
    is: isFunction,
  },
];

/** A paper: one to three names, or one "et al.", and a year. */
const NAME = '(?:(?:Le|van der|De) )?\\p{Lu}[\\p{L}-]+';
const PAPER = new RegExp(`(${NAME}(?: et al\\.|(?:, ${NAME})*,? and ${NAME})?),? \\(?((?:19|20)\\d\\d)\\b`, 'gu');

/**
 * Writes the tables when typedoc has written its pages. What was not as it is now is a warning, which ends the run with an error:
 * the tables are committed, so that they are read on GitHub, too.
 *
 * @throws {Error} naming an export without a doc comment.
 */
export function referencePages({ renderer, logger }) {
  const write = (page, text) => {
    const file = `docs/reference/${page}.md`;
    if (existsSync(root + file) && readFileSync(root + file, 'utf8') === text) return;
    writeFileSync(root + file, text);
    logger.warn(`${file} is written anew: look at it, and commit it`);
  };
  renderer.on(RendererEvent.END, ({ project }) => {
    mkdirSync(`${root}docs/reference`, { recursive: true });
    const counts = FAMILIES.map(family => {
      const rows = entriesOf(project, family).map(entry => row(renderer.router, entry));
      if (rows.length === 0) throw new Error(`docs/reference/${family.page}.md would be empty`);
      write(family.page, pageOf(family, rows));
      return `| [${family.title}](${family.page}.md) | ${rows.length} | ${family.text} |`;
    });
    const index = ['# Everything by name', '', '| Family | Number | What |', '| --- | ---: | --- |', ...counts, ''];
    write('index', index.join('\n'));
  });
}

function entriesOf(project, { module, namespace, from, is }) {
  const parent = project.getChildByName(namespace ? [module, namespace] : [module]);
  return (parent?.children ?? [])
    .map(reflection => ({ reflection, file: project.getSymbolIdFromReflection(reflection)?.packagePath ?? '' }))
    .filter(({ reflection, file }) => from.test(file) && is(reflection))
    .map(entry => ({ ...entry, section: from.exec(entry.file)[1] }))
    .sort((a, b) => compare(a.section ?? '', b.section ?? '') || compare(a.reflection.name, b.reflection.name));
}

/** The order of words, the same on every machine. */
function compare(a, b) {
  return a.localeCompare(b, 'en');
}

function isFunction(reflection) {
  return reflection.kindOf(ReflectionKind.Function);
}

/** Functions, classes, and constants that are called, as layers are; not the description of an op, which is called by its function. */
function isCallable(reflection) {
  if (reflection.kindOf(ReflectionKind.Class)) return !reflection.name.endsWith('Error');
  const { type } = reflection;
  return (
    isFunction(reflection) ||
    (type?.type === 'reference' && type.name !== 'Op') ||
    type?.type === 'intersection' ||
    (type?.type === 'reflection' && type.declaration.signatures !== undefined)
  );
}

function row(router, { reflection, section }) {
  const comment = reflection.comment ?? reflection.signatures?.[0]?.comment;
  const text = comment?.summary.map(({ text }) => text.trim() && text).join('');
  if (!text) throw new Error(`${reflection.getFullName()} has no doc comment for docs/reference`);
  const papers = [...new Set([...text.matchAll(PAPER)].map(([, names, year]) => `${names}, ${year}`))];
  const [first] = text.split('\n\n');
  const shown = first.replace(/\s+/g, ' ').replace(new RegExp(` \\((?:after )?${PAPER.source}(?:, "[^"]*")?\\)`, 'gu'), '');
  const link = `../api/${router.getFullUrl(reflection)}`;
  return { section, text: `| [\`${reflection.name}\`](${link}) | ${escape(shown)} | ${papers.join('; ')} |` };
}

/** Text for a cell of a table, on a page that is a template of Vue. */
function escape(text) {
  return text
    .split(/(`[^`]*`)/)
    .map(part => (part.startsWith('`') ? part : part.replaceAll('<', '&lt;').replaceAll('{{', '&#123;&#123;')))
    .join('')
    .replaceAll('|', '\\|');
}

function pageOf({ title, text }, rows) {
  const lines = [`# ${title}`, '', text];
  let last = null;
  for (const { section, text: line } of rows) {
    if (section !== last) {
      if (section) lines.push('', `## ${section[0].toUpperCase()}${section.slice(1).replaceAll('-', ' ')}`);
      lines.push('', '| Name | What it computes | Source |', '| --- | --- | --- |');
      last = section;
    }
    lines.push(line);
  }
  return `${lines.join('\n')}\n`;
}
