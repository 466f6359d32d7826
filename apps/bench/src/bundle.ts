/** The size of a page that trains LeNet-5, as a browser loads it. */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { inFolder } from './folder.js';

/** A file of the bundle. */
export interface Chunk {
  readonly name: string;
  /** Minified. */
  readonly bytes: number;
  readonly gzipBytes: number;
  /** `page`: a browser loads it. `spare`: it may, in place of another or for something rarer. */
  readonly part: 'page' | 'spare';
}

/** What {@link measureBundle} gives. */
export interface BundleSize {
  /** Of the chunks that a page loads: those that the first one imports, and one build of the kernels. */
  readonly gzipBytes: number;
  readonly chunks: readonly Chunk[];
}

/** Chunks behind a dynamic import of which a page loads only one: the builds of the kernels. */
const KERNELS = /(^|\/)generated\/(simd|relaxed)\.ts$|(^|\/)(simd|relaxed)(-\w+)?\.js$/;

/**
 * Bundles `page/train-lenet.ts` with esbuild: minified, split at dynamic imports, each chunk compressed by gzip. The packages are
 * taken as they are built, as a user's bundler takes them.
 *
 * @param conditions - Of package.json's exports; `['@cnn/source']` bundles the sources instead.
 */
export async function measureBundle(conditions: readonly string[] = []): Promise<BundleSize> {
  const { metafile, outputFiles } = await build({
    entryPoints: [inFolder('page/train-lenet.ts')],
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    outdir: 'out',
    write: false,
    metafile: true,
    logLevel: 'silent',
    conditions: [...conditions],
  });
  const outputs = metafile.outputs;
  const main = Object.keys(outputs).find(name => outputs[name]!.entryPoint?.endsWith('train-lenet.ts'))!;
  const loaded = new Set<string>();
  const load = (name: string): void => {
    if (loaded.has(name)) return;
    loaded.add(name);
    for (const { path, kind } of outputs[name]!.imports) if (kind === 'import-statement') load(path);
  };
  load(main);
  const builds = Object.keys(outputs).filter(name => KERNELS.test(outputs[name]!.entryPoint ?? ''));
  // Either build is a page's own; the larger one is counted.
  const compressed = new Map(outputFiles.map(({ path, contents }) => [nameOf(path), gzipSync(contents, { level: 9 }).length]));
  const largest = builds.toSorted((a, b) => compressed.get(nameOf(b))! - compressed.get(nameOf(a))!)[0];
  if (largest) load(largest);
  const chunks = Object.entries(outputs).map(
    ([path, { bytes }]): Chunk => ({
      name: nameOf(path),
      bytes,
      gzipBytes: compressed.get(nameOf(path))!,
      part: loaded.has(path) ? 'page' : 'spare',
    }),
  );
  chunks.sort((a, b) => b.gzipBytes - a.gzipBytes);
  const counted = chunks.filter(({ part }) => part === 'page');
  return { gzipBytes: counted.reduce((total, { gzipBytes }) => total + gzipBytes, 0), chunks };
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
