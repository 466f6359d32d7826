import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DefaultTheme, defineConfig } from 'vitepress';
import { sourceOf } from './links.js';
import { copySources, rewriteLinks } from './source-links.js';

const docs = new URL('..', import.meta.url).pathname;

/** The heading of a page, as it stands in the sidebar. */
const heading = (page: string) => /^# (.*)$/m.exec(readFileSync(join(docs, '..', sourceOf(`${page}.md`)), 'utf8'))?.[1] ?? page;

/** A part of the sidebar; a page that is not written yet is left out. */
const section = (text: string, pages: string[]): DefaultTheme.SidebarItem => ({
  text,
  items: pages.filter(page => existsSync(join(docs, `${page}.md`))).map(page => ({ text: heading(page), link: `/${page}` })),
});

/** The pages of a folder, in the order of their names, but for those that a reader wants last. */
const folder = (name: string, last: string[] = []) =>
  (existsSync(join(docs, name)) ? readdirSync(join(docs, name)) : [])
    .filter(file => file.endsWith('.md'))
    .map(file => `${name}/${file.slice(0, -'.md'.length)}`)
    .sort((a, b) => last.indexOf(a) - last.indexOf(b) || a.localeCompare(b));

/** Written by typedoc; not there before `npm run docs`. */
const apiSidebar = join(docs, 'api/typedoc-sidebar.json');

/** Packages and apps that have a README, by their names. */
const packages = ['packages', 'apps'].flatMap(group =>
  readdirSync(join(docs, '..', group))
    .filter(name => existsSync(join(docs, '..', group, name, 'README.md')))
    .map(name => ({
      text: JSON.parse(readFileSync(join(docs, '..', group, name, 'package.json'), 'utf8')).name as string,
      link: `/packages/${name}`,
    })),
);

const guides = [
  section('Guides', [
    'start',
    'guides/tensors-and-gradients',
    'guides/layers',
    'guides/training',
    'training-runs',
    'guides/data',
    'augmentation',
    'guides/backends',
    'gpu',
    'guides/performance',
    'guides/memory',
    'guides/browsers',
    'guides/saving',
  ]),
  section('Extend', [
    'guides/plugins',
    'guides/write-a-layer',
    'guides/write-an-optimizer',
    'guides/write-an-op',
    'guides/write-a-backend',
    'guides/publish-a-plugin',
  ]),
  section('Coming from', folder('coming-from')),
  section('About', ['benchmarks', 'compatibility', 'architecture', 'contributing', 'release']),
];

const reference = [
  section('Everything by name', ['reference/index', ...folder('reference').filter(page => page !== 'reference/index')]),
  section('In depth', ['models', 'optimizers', 'augmentation']),
  { text: 'Packages', items: packages },
];

export default defineConfig({
  title: 'cnn',
  description: 'Convolutional neural networks in TypeScript, for Node and browsers',
  lang: 'en',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  // tools/check-docs.mjs checks links in the built site, with their anchors and pictures.
  ignoreDeadLinks: true,
  markdown: {
    math: true,
    config: rewriteLinks,
  },
  buildEnd: copySources,
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Guides', link: '/guides/tensors-and-gradients', activeMatch: '/guides/' },
      { text: 'Lectures', link: `/${folder('lectures', ['lectures/errata'])[0]}`, activeMatch: '/lectures/' },
      { text: 'Reference', link: '/reference/', activeMatch: '/reference/' },
      { text: 'API', link: '/api/', activeMatch: '/api/' },
    ],
    sidebar: {
      '/': guides,
      '/lectures/': [section('Lectures', folder('lectures', ['lectures/errata']))],
      '/reference/': reference,
      '/packages/': reference,
      '/models': reference,
      '/optimizers': reference,
      '/api/': existsSync(apiSidebar) ? JSON.parse(readFileSync(apiSidebar, 'utf8')) : [],
    },
  },
});
