import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createCommand } from '../src/command.js';

let dir: string;
let printed: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'create-cnn-plugin-'));
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    printed += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true, force: true });
});

/** Runs the command, on a terminal where these lines are typed. */
async function run(args: readonly string[], typed?: string): Promise<string> {
  const input = new PassThrough();
  const output = new PassThrough();
  let asked = '';
  output.on('data', text => {
    asked += text;
  });
  if (typed !== undefined) input.end(typed);
  const command = createCommand(typed === undefined ? undefined : { input, output }).configureOutput({ writeErr: () => {} });
  await command.parseAsync([...args], { from: 'user' });
  return asked;
}
const manifest = (folder: string) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

test('makes a package and says what comes next', async () => {
  const folder = join(dir, 'swish');
  expect(await run(['@acme/cnn-swish', '--kind', 'layer', '--dir', folder])).toBe('');
  expect(manifest(folder)).toMatchObject({ name: '@acme/cnn-swish', keywords: ['cnn', 'cnn-plugin', 'layer'] });
  expect(printed).toContain(`made @acme/cnn-swish (layer) in ${folder}\n\n  cd ${folder}\n  npm install\n`);
});

test("makes it in a folder with the name's last part", async () => {
  vi.spyOn(process, 'cwd').mockReturnValue(dir);
  await run(['@acme/cnn-swish', '--kind', 'op']);
  expect(readdirSync(dir)).toEqual(['cnn-swish']);
});

test('asks for what is missing until the answers will do', async () => {
  const asked = await run(['--dir', join(dir, 'x')], 'Bad Name\n cnn-swish \nlayers\noptimizer\n');
  expect(manifest(join(dir, 'x'))).toMatchObject({ name: 'cnn-swish', keywords: ['cnn', 'cnn-plugin', 'optimizer'] });
  expect(asked).toContain("'Bad Name' is no name for a package");
  expect(asked).toContain("'layers' is none of layer, optimizer, op, backend");
  expect(await run(['cnn-swish', '--dir', join(dir, 'y')], 'op\n')).not.toContain('Name of the package');
  expect(await run(['--kind', 'op', '--dir', join(dir, 'z')], 'cnn-swish\n')).not.toContain('Kind of plugin');
});

test('makes nothing where nobody answers', async () => {
  await expect(run(['cnn-swish', '--dir', join(dir, 'x')], '')).rejects.toThrow('no answer, so nothing was made');
  await expect(run(['--kind', 'op'])).rejects.toThrow('there is no name; give it');
  await expect(run(['cnn-swish'])).rejects.toThrow('there is no kind; give it');
  await expect(run(['cnn-swish', '--kind', 'model'])).rejects.toThrow('Allowed choices are layer, optimizer, op, backend');
  expect(existsSync(join(dir, 'x'))).toBe(false);
});
