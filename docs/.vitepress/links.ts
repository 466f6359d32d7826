/** Which files of the repository are pages of the site, and where. */
import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Where the site keeps the text of a file of the repository that is no page. */
export const SOURCES = 'source/';

/** The file that a page is made of, from the repository's folder. `page` is from `docs`. */
export function sourceOf(page: string): string {
  if (page === 'contributing.md') return 'CONTRIBUTING.md';
  const name = /^packages\/(.*)\.md$/.exec(page)?.[1];
  if (!name) return `docs/${page}`;
  return `${existsSync(`${root}packages/${name}`) ? 'packages' : 'apps'}/${name}/README.md`;
}

/** The page that is made of a file, from `docs`; undefined if there is none. */
function pageOf(file: string): string | undefined {
  if (file === 'README.md') return 'index.md';
  if (file === 'CONTRIBUTING.md') return 'contributing.md';
  const name = /^(?:packages|apps)\/([^/]+)(?:\/README\.md)?$/.exec(file)?.[1];
  if (name) return `packages/${name}.md`;
  return file.startsWith('docs/') && file.endsWith('.md') ? file.slice('docs/'.length) : undefined;
}

/**
 * Where a link leads on the site.
 *
 * @param file - The file that the link is in, from the repository's folder.
 * @param href - The link as it is written there.
 * @param page - The page that is made of the file, from `docs`.
 * @returns a link from that page, and for a file that is no page, its path from the repository's folder.
 */
export function siteLink(file: string, href: string, page: string): { href: string; source?: string } {
  if (/^([a-z]+:|\/|#)/i.test(href)) return { href };
  const [path = '', hash] = decodeURI(href).split('#');
  const target = posix.join(posix.dirname(file), path);
  const from = (to: string) => posix.relative(posix.dirname(page), to) || '.';
  const found = pageOf(target);
  if (found) return { href: `./${from(found)}${hash === undefined ? '' : `#${hash}`}` };
  if (/\.(svg|png|jpe?g)$/.test(target)) return { href: `./${from(target.replace(/^docs\//, ''))}` };
  return { href: `/${SOURCES}${target}.txt`, source: target };
}
