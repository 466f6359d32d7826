import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { kinds } from '../src/kinds.js';
import { namesOf } from '../src/names.js';
import { filesOf } from '../src/template.js';

const names = namesOf('@acme/cnn-soft-clip');
const jsonOf = (url: string) => JSON.parse(readFileSync(new URL(url, import.meta.url), 'utf8'));

describe.each(kinds)('a plugin of kind %s', kind => {
  const files = filesOf(kind, names);
  const manifest = JSON.parse(files.get('package.json')!);

  test('has all that a package needs', () => {
    const wanted = ['README.md', 'LICENSE', '.gitignore', 'tsconfig.json', 'tsup.config.ts', 'typedoc.json', 'src/index.ts'];
    expect([...files.keys()]).toEqual(
      expect.arrayContaining([...wanted, '.changeset/config.json', '.changeset/first-release.md']),
    );
    expect([...files.keys()].filter(path => path.startsWith('test/'))).toHaveLength(1);
    expect(files.has('gitignore') || files.has('manifest.json')).toBe(false);
  });

  test('has its own names everywhere', () => {
    for (const [path, text] of files)
      expect(text, path).not.toMatch(/plugin(Name|Package|Type)|PluginName|cnnVersion|currentYear/);
    expect(files.get('src/index.ts')).toContain('softClip');
    expect(files.get('.changeset/first-release.md')).toMatch(/^---\n'@acme\/cnn-soft-clip': minor\n---\n/);
    expect(files.get('LICENSE')).toContain(`(c) ${new Date().getFullYear()} the @acme/cnn-soft-clip authors`);
    expect(manifest.name).toBe('@acme/cnn-soft-clip');
  });

  test('takes cnn as peers, in the version of this package', () => {
    const { version } = jsonOf('../package.json');
    for (const [peer, range] of Object.entries(manifest.peerDependencies)) {
      expect(range, peer).toBe(`^${version}`);
      expect(manifest.devDependencies[peer], peer).toBe(range);
    }
    expect(manifest.dependencies).toBeUndefined();
  });

  test('has a package.json in words of its own beside the common ones', () => {
    expect(manifest.keywords).toEqual(['cnn', 'cnn-plugin', kind]);
    expect(manifest.description).toContain('softClip');
    expect(manifest.scripts).toMatchObject({ build: 'tsup', try: expect.stringContaining('cnn train --plugin .') });
  });
});

test('the tools are those of this repository', () => {
  const { devDependencies } = jsonOf('../../../package.json');
  const tools = Object.entries(jsonOf('../templates/common/manifest.json').devDependencies).filter(
    ([name]) => !name.startsWith('@cnn/'),
  );
  expect(tools.length).toBeGreaterThan(3);
  for (const [name, version] of tools) expect(devDependencies[name], name).toBe(version);
});

test.each([
  ['layer', 'cnn-ops'],
  ['layer', 'cnn-beta'],
  ['optimizer', 'cnn-definition'],
  ['op', 'cnn-root'],
  ['backend', 'cnn-kernel'],
] as const)('refuses a name that the %s has taken: %s', (kind, name) => {
  expect(() => filesOf(kind, namesOf(name))).toThrow('where something else is called so');
});

test.each([
  ['layer', 'cnn-sigmoid'],
  ['layer', 'cnn-channels-first'],
  ['optimizer', 'cnn-signum'],
] as const)('takes a name that the %s has in comments, as a property or as a part of another name: %s', (kind, name) => {
  expect(filesOf(kind, namesOf(name)).get('src/index.ts')).toContain(namesOf(name).pluginName);
});
