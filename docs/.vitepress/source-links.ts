/** Links of the pages as they are on GitHub become links of the site. */
import { cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MarkdownOptions, SiteConfig } from 'vitepress';
import { SOURCES, siteLink, sourceOf } from './links.js';

const root = new URL('../..', import.meta.url).pathname;

/** The files to which a page linked. */
const linked = new Set<string>();

/** A plugin of markdown-it. */
export const rewriteLinks: NonNullable<MarkdownOptions['config']> = md => {
  md.core.ruler.push('cnn-links', ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const name = token.type === 'link_open' ? 'href' : token.type === 'image' ? 'src' : undefined;
      if (!name) continue;
      const { href, source } = siteLink(sourceOf(env.relativePath), String(token.attrGet(name)), env.relativePath);
      token.attrSet(name, href);
      if (source) linked.add(source);
    }
  });
};

/** Copies the files to which pages link, so that the site is whole without the repository. A folder becomes a list of its files. */
export function copySources({ outDir }: SiteConfig): void {
  for (const file of linked) {
    const copy = join(outDir, SOURCES, `${file}.txt`);
    const source = join(root, file);
    mkdirSync(dirname(copy), { recursive: true });
    if (statSync(source).isDirectory()) writeFileSync(copy, readdirSync(source, { recursive: true }).join('\n'));
    else cpSync(source, copy);
  }
}
