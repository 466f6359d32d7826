import { readdirSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';

/** Lets pages share memory between threads. On hosts that send no such headers the service worker adds them. */
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/** Tells the service worker which files there are, and gives it another name for another build. */
const filesToKeep = (): Plugin => ({
  name: 'files-to-keep',
  apply: 'build',
  enforce: 'post',
  generateBundle(_, bundle) {
    const worker = bundle['service-worker.js'];
    if (worker?.type !== 'chunk') return;
    const files = ['./', ...Object.keys(bundle), ...readdirSync(new URL('public', import.meta.url))];
    const kept = files.filter(file => file !== 'service-worker.js' && file !== 'index.html').sort();
    worker.code = worker.code.replace('__FILES__', JSON.stringify(kept));
  },
});

export default defineConfig(({ command }) => ({
  // Any folder of any host.
  base: './',
  // The packages' sources, module by module, so that what reads files is loaded with the first file.
  resolve: { conditions: ['@cnn/source', 'module', 'browser'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // Only a build has a service worker.
  define: { __BUILT__: JSON.stringify(command === 'build') },
  worker: { format: 'es' },
  server: { headers: isolation },
  preview: { headers: isolation },
  plugins: [filesToKeep()],
  build: {
    target: 'es2022',
    // These have light-dark(), whose replacement does not follow a theme that is chosen in the page.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: 'index.html', 'service-worker': 'src/service-worker.ts' },
      output: { entryFileNames: ({ name }) => (name === 'service-worker' ? '[name].js' : 'assets/[name]-[hash].js') },
    },
  },
}));
