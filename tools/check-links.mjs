/** Checks the built site: every link inside of it leads to a page, every anchor to a heading, every picture to a file. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { root } from './process.mjs';

const site = `${root}docs/.vitepress/dist/`;

const pages = new Map(
  readdirSync(site, { recursive: true })
    .map(name => name.replaceAll('\\', '/'))
    .filter(name => name.endsWith('.html'))
    .map(name => [name, readFileSync(site + name, 'utf8')]),
);
const anchors = new Map([...pages].map(([name, html]) => [name, new Set(valuesOf(html, 'id'))]));

const broken = new Set();
let checked = 0;
for (const [page, html] of pages) {
  for (const link of new Set([...valuesOf(html, 'href'), ...valuesOf(html, 'src')])) {
    if (/^([a-z]+:|\/\/)/i.test(link)) continue;
    checked++;
    const [path, anchor] = decodeURI(link).split('#');
    const target = fileOf(page, path);
    if (!existsSync(site + target)) broken.add(`${page}: ${link} leads nowhere`);
    else if (anchor && pages.has(target) && !anchors.get(target).has(anchor)) broken.add(`${page}: ${link} names no heading`);
  }
}
for (const problem of broken) console.log(problem);
console.log(`${pages.size} pages, ${checked} links checked, ${broken.size} broken`);
process.exitCode = broken.size === 0 ? 0 : 1;

/** The file of the site that a path from a page leads to. */
function fileOf(page, path) {
  const target = path === '' ? page : path.startsWith('/') ? path.slice(1) : posix.join(posix.dirname(page), path);
  return target === '' || target.endsWith('/') ? `${target}index.html` : target;
}

/** The values of an attribute in a page. */
function valuesOf(html, attribute) {
  return [...html.matchAll(new RegExp(`\\s${attribute}="([^"]*)"`, 'g'))].map(([, value]) => value.replaceAll('&amp;', '&'));
}
