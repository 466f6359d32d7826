import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const conditions = ['@cnn/source'];
const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const projects = ['packages', 'apps']
  .flatMap(group => readdirSync(folder(group)).map(name => ({ name, root: folder(`${group}/${name}`) })))
  .concat({ name: 'tools', root: folder('tools') })
  .filter(({ root }) => existsSync(`${root}/test`));

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: projects.map(({ name, root }) => ({
      extends: true,
      test: { name, root, include: ['test/**/*.test.ts'], environment: 'node', testTimeout: 60_000, hookTimeout: 60_000 },
    })),
  },
});
