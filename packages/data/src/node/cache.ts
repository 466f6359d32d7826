import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { SOURCES } from './sources.js';

/** Where downloads are kept: the environment variable CNN_CACHE_DIR, else `cnn` in XDG_CACHE_HOME, else `~/.cache/cnn`. */
export function cacheFolder(): string {
  const { CNN_CACHE_DIR, XDG_CACHE_HOME } = process.env;
  return CNN_CACHE_DIR || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'cnn');
}

/** A dataset in the cache. */
export interface CachedData {
  /** As in `openDataset`. */
  readonly name: string;
  readonly folder: string;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** All files together. */
  readonly bytes: number;
  /** Whether all files of the set are there. */
  readonly complete: boolean;
}

/** What is in the cache. */
export async function cachedData({ cacheDir = cacheFolder() }: { readonly cacheDir?: string } = {}): Promise<CachedData[]> {
  const found: CachedData[] = [];
  for (const [name, source] of Object.entries(SOURCES)) {
    const folder = join(cacheDir, name);
    const present = await readdir(folder).catch(() => [] as string[]);
    const names = Object.keys(source.files).filter(file => present.includes(file));
    const files = await Promise.all(names.map(async file => ({ name: file, bytes: (await stat(join(folder, file))).size })));
    if (files.length === 0) continue;
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    found.push({ name, folder, files, bytes, complete: files.length === Object.keys(source.files).length });
  }
  return found;
}
