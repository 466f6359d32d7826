import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FileError, writeFileAtomic } from '../src/node.js';

/** A disk with room for so many more bytes; undefined for enough. */
const disk = vi.hoisted(() => ({ room: undefined as number | undefined }));
vi.mock('node:fs/promises', async importOriginal => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const open: typeof real.open = async (...args) => {
    const handle = await real.open(...args);
    const write = handle.write.bind(handle) as (bytes: Uint8Array, offset?: number) => ReturnType<typeof handle.write>;
    const limited = async (bytes: Uint8Array, offset = 0): Promise<unknown> => {
      if (disk.room === undefined) return write(bytes, offset);
      if (disk.room === 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      const part = bytes.subarray(offset, offset + disk.room);
      disk.room -= part.length;
      return write(part);
    };
    return Object.assign(handle, { write: limited });
  };
  return { ...real, open };
});

const rejectionOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => expect.fail('nothing was thrown'),
    (error: Error) => error,
  );

let folder = '';
beforeEach(async () => {
  disk.room = undefined;
  folder = await mkdtemp(join(tmpdir(), 'cnn-tensor-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('writeFileAtomic', () => {
  it('replaces a file, and keeps the old one on a full disk', async () => {
    const path = join(folder, 'a');
    await writeFileAtomic(path, 'old');
    await writeFileAtomic(path, Uint8Array.of(110, 101, 119));
    expect(await readFile(path, 'utf8')).toBe('new');
    disk.room = 2;
    const full = (await rejectionOf(writeFileAtomic(path, 'longer'))) as FileError;
    expect(full).toBeInstanceOf(FileError);
    expect(full.message).toBe(`${path}: cannot be written (ENOSPC: no space left on device, write)`);
    expect((full.cause as { code: string }).code).toBe('ENOSPC');
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('leaves nothing behind where the name is a folder or there is none', async () => {
    const path = join(folder, 'taken');
    await mkdir(path);
    expect(await rejectionOf(writeFileAtomic(path, 'x'))).toBeInstanceOf(FileError);
    expect(await readdir(folder)).toEqual(['taken']);
    const nowhere = await rejectionOf(writeFileAtomic(join(folder, 'no', 'a'), 'x'));
    expect(nowhere).toBeInstanceOf(FileError);
    expect(nowhere.message).toMatch(/cannot be written \(ENOENT/);
    expect(await readdir(folder)).toEqual(['taken']);
  });

  it('gives two writers at once a whole file of either', async () => {
    const path = join(folder, 'a');
    const texts = ['x'.repeat(100_000), 'y'.repeat(50_000)];
    await Promise.all(texts.map(text => writeFileAtomic(path, text)));
    expect(texts).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toEqual(['a']);
  });
});
