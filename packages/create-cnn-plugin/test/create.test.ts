import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { create } from '../src/create.js';

/** How many renames succeed before the disk fails. */
const disk = vi.hoisted(() => ({ renames: Number.POSITIVE_INFINITY }));
vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>();
  const renameSync: typeof fs.renameSync = (from, to) => {
    if (--disk.renames < 0) throw new Error('the disk failed');
    fs.renameSync(from, to);
  };
  return { ...fs, renameSync };
});

let dir: string;
beforeEach(() => {
  disk.renames = Number.POSITIVE_INFINITY;
  dir = mkdtempSync(join(tmpdir(), 'create-cnn-plugin-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const files = new Map([
  ['a.txt', 'A'],
  ['b/c/d.txt', 'D'],
]);
/** A file cannot lie below another file. */
const impossible = new Map([...files, ['a.txt/below', 'x']]);

describe('a new folder', () => {
  test('gets the files, and its parents', () => {
    create(join(dir, 'x/y'), files);
    expect(readdirSync(join(dir, 'x'))).toEqual(['y']);
    expect(readFileSync(join(dir, 'x/y/a.txt'), 'utf8')).toBe('A');
    expect(readFileSync(join(dir, 'x/y/b/c/d.txt'), 'utf8')).toBe('D');
    expect(statSync(join(dir, 'x/y')).mode).toBe(statSync(join(dir, 'x')).mode);
  });

  test('is not there if a file cannot be written, nor are its parents', () => {
    expect(() => create(join(dir, 'x/y'), impossible)).toThrow();
    expect(() => create(join(dir, 'z'), impossible)).toThrow();
    expect(readdirSync(dir)).toEqual([]);
  });

  test('is not there if it cannot get its name', () => {
    disk.renames = 0;
    expect(() => create(join(dir, 'x'), files)).toThrow('the disk failed');
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe('an empty folder', () => {
  test('gets the files, and stays the same folder', () => {
    const { ino } = statSync(dir);
    create(dir, files);
    expect(readdirSync(dir)).toEqual(['a.txt', 'b']);
    expect(statSync(dir).ino).toBe(ino);
  });

  test('stays empty if a file cannot be written', () => {
    mkdirSync(join(dir, 'x'));
    expect(() => create(join(dir, 'x'), impossible)).toThrow();
    expect(readdirSync(dir)).toEqual(['x']);
    expect(readdirSync(join(dir, 'x'))).toEqual([]);
  });
});

describe('an empty folder that cannot get all of the files', () => {
  test('stays empty', () => {
    mkdirSync(join(dir, 'x'));
    disk.renames = 1;
    expect(() => create(join(dir, 'x'), files)).toThrow('the disk failed');
    expect(readdirSync(dir)).toEqual(['x']);
    expect(readdirSync(join(dir, 'x'))).toEqual([]);
  });
});

describe('what is there', () => {
  test('is left alone if it is a folder with something in it', () => {
    writeFileSync(join(dir, '.git'), 'mine');
    expect(() => create(dir, files)).toThrow(`the folder ${dir} is there already, and is not empty`);
    expect(readdirSync(dir)).toEqual(['.git']);
  });

  test('is left alone if it is a file', () => {
    writeFileSync(join(dir, 'x'), 'mine');
    expect(() => create(join(dir, 'x'), files)).toThrow('is there already, and is no folder');
    expect(readFileSync(join(dir, 'x'), 'utf8')).toBe('mine');
  });
});
