import { defineConfig, type Options } from 'tsup';

/**
 * The build of every package: ESM with types. What several entries use is a file of its own, because two copies of a class are two
 * classes: an error of `@cnn/tensor/node` must be a `CnnError` of `@cnn/tensor`.
 */
export const library = (overrides: Options = {}) =>
  defineConfig({
    entry: ['src/index.ts'],
    format: ['esm'],
    target: 'es2022',
    platform: 'neutral',
    // tsup 8.5 sets `baseUrl` for its declaration build, which TypeScript 6 rejects without this.
    dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
    sourcemap: true,
    clean: true,
    treeshake: false,
    splitting: true,
    ...overrides,
  });
