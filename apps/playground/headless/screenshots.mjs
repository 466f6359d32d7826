/** Runs screenshots.ts, which Node cannot by itself. */
import { runnerImport } from 'vite';

await runnerImport('./headless/screenshots.ts', { configFile: false, logLevel: 'error' });
