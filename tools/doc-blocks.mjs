/**
 * The code blocks of the documentation. After the language, a fence says what becomes of a block:
 *
 * - `ts`: its types are checked and it is run, as a module of its own;
 * - `ts continue`: it goes on where the block of TypeScript before it ended, in the same module;
 * - `ts no-run`: its types are checked, and a comment before it or in its first line says why it is not run;
 * - `sh run`: it is run.
 *
 * `sh` alone and every other language is only shown.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { root } from './process.mjs';

/** What the word after a language means. */
const MODES = {
  ts: { '': 'run', continue: 'continue', 'no-run': 'check' },
  sh: { '': 'show', run: 'run' },
};

/** Markdown files that are written by hand, as paths from the repository's folder. */
export function documents() {
  const readmes = ['packages', 'apps']
    .flatMap(group => readdirSync(root + group).map(name => `${group}/${name}/README.md`))
    .filter(file => existsSync(root + file));
  const pages = readdirSync(`${root}docs`, { recursive: true })
    .map(name => `docs/${name.replaceAll('\\', '/')}`)
    .filter(file => file.endsWith('.md') && !/^docs\/(api|reference|\.vitepress)\//.test(file));
  return ['README.md', 'CONTRIBUTING.md', ...readmes, ...pages].sort();
}

/**
 * The programs of a document.
 *
 * @param file - Its path from the repository's folder.
 * @returns for each its `language` ('ts' or 'sh'), its `mode` ('run', 'check' or 'show'), its `code`, of how many `blocks` it is made, and
 *   for each line of the code its line in the document, from 1.
 * @throws {Error} with file and line for a block that is not closed, or whose fence says something else than the above.
 */
export function programs(file) {
  const found = [];
  let block;
  let before = '';
  for (const [index, text] of readFileSync(root + file, 'utf8')
    .split('\n')
    .entries()) {
    const fence = /^(\s*)(`{3,}|~{3,})(.*)$/.exec(text);
    if (!block && fence) {
      const [, indent, ticks, info] = fence;
      block = { indent: indent.length, ticks, info: info.trim(), at: `${file}:${index + 1}`, before, code: [], lines: [] };
    } else if (block && fence?.[2].startsWith(block.ticks) && !fence[3].trim()) {
      add(found, block);
      before = '';
      block = undefined;
    } else if (block) {
      block.code.push(text.slice(block.indent));
      block.lines.push(index + 1);
    }
    if (!block && text.trim()) before = text.trim();
  }
  if (block) throw new Error(`${block.at}: this code block is not closed`);
  return found.map(program => ({ ...program, code: program.code.join('\n') }));
}

/**
 * The code in the last column of a document's tables, as one program that is only checked: each span of code is an expression. What
 * they use stands in a comment `<!-- ts … -->` of the document; names that packages export need no import.
 *
 * @returns undefined if the document has no such comment.
 */
export function tableProgram(file) {
  const text = readFileSync(root + file, 'utf8').split('\n');
  const from = text.indexOf('<!-- ts');
  if (from < 0) return undefined;
  const to = text.indexOf('-->', from);
  const code = text.slice(from + 1, to);
  const lines = code.map((_, index) => from + index + 2);
  for (const [index, row] of text.entries()) {
    if (!/^\|.*\|$/.test(row)) continue;
    const last = row.split(/(?<!\\)\|/).at(-2);
    for (const [, span] of last.matchAll(/`([^`]+)`/g)) {
      code.push(`async () => (${span.replaceAll('\\|', '|')});`);
      lines.push(index + 1);
    }
  }
  return { language: 'ts', mode: 'check', code: code.join('\n'), lines, blocks: 0 };
}

/**
 * What is wrong with the links of a document to files of the repository, and with the regions that it includes, as lines of text. The
 * pages of the API reference are no files before the site is built, so links to them are left to check-links.mjs.
 */
export function brokenReferences(file) {
  const found = [];
  const folder = posix.dirname(file);
  for (const [index, text] of withoutCode(file).entries()) {
    for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      const path = decodeURI(target.split('#')[0]);
      if (/^([a-z]+:|\/)/i.test(target) || path === '' || posix.join(folder, path).startsWith('docs/api/')) continue;
      if (!existsSync(root + posix.join(folder, path))) found.push(`${file}:${index + 1}: ${target} leads nowhere`);
    }
    const [, path, region] = /^<<<\s*([^\s#{]+)(?:#([\w-]+))?/.exec(text) ?? [];
    if (!path) continue;
    const source = root + posix.join(folder, path);
    const lines = existsSync(source)
      ? readFileSync(source, 'utf8')
          .split('\n')
          .map(line => line.trim())
      : [];
    const marked = ['region', 'endregion'].every(word => lines.includes(`// #${word} ${region}`));
    if (lines.length === 0 || (region && !marked)) found.push(`${file}:${index + 1}: there is no ${path}#${region ?? ''}`);
  }
  return found;
}

/** The lines of a document, those inside of blocks of code as empty ones. */
function withoutCode(file) {
  let ticks;
  return readFileSync(root + file, 'utf8')
    .split('\n')
    .map(text => {
      const fence = /^\s*(`{3,}|~{3,})/.exec(text)?.[1];
      if (!ticks) ticks = fence;
      else if (fence?.startsWith(ticks)) ticks = undefined;
      else return '';
      return fence ? '' : text.replaceAll(/`[^`]*`/g, '');
    });
}

/** A block becomes a program, or a part of the one before. */
function add(found, { info, at, before, code, lines }) {
  const [language, word = ''] = info.split(/\s+/);
  const modes = MODES[language];
  if (!modes) return;
  const mode = modes[word];
  if (!mode)
    throw new Error(
      `${at}: \`${info}\` is none of ${Object.keys(modes)
        .map(known => `\`${language} ${known}\``.replace(' `', '`'))
        .join(', ')}`,
    );
  if (mode === 'continue') {
    const last = found.findLast(program => program.language === language);
    if (!last) throw new Error(`${at}: there is nothing to continue`);
    last.code.push(...code);
    last.lines.push(...lines);
    last.blocks++;
    return;
  }
  if (mode === 'check' && !/^\/[/*]/.test(code[0] ?? '') && !before.endsWith('-->')) {
    throw new Error(`${at}: a comment before the block or in its first line is to say why it is not run`);
  }
  found.push({ language, mode, code, lines, blocks: 1 });
}
