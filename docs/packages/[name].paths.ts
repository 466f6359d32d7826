/** A page for each package and app with a README. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export default {
  paths: () =>
    ['packages', 'apps'].flatMap(group =>
      readdirSync(`${root}${group}`)
        .map(name => ({ name, readme: `${root}${group}/${name}/README.md` }))
        .filter(({ readme }) => existsSync(readme))
        .map(({ name, readme }) => ({ params: { name }, content: readFileSync(readme, 'utf8') })),
    ),
};
