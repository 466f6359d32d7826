import { vi } from 'vitest';

/** Runs `src/NAME.ts` with arguments, as the command line does, and gives the lines that it prints. */
export async function run(name: string, ...args: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void lines.push(values.map(show).join(' ')));
  const { argv } = process;
  process.argv = [...argv.slice(0, 2), ...args];
  vi.resetModules();
  try {
    await import(`../src/${name}.ts`);
  } finally {
    process.argv = argv;
    log.mockRestore();
  }
  return lines;
}

const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(Array.from(value as Float32Array)));
