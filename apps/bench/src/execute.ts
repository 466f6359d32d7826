import type { AnyBackend } from '@cnn/tensor';
import type { Item } from './items/index.js';

/** An item on a backend, as something to time: the result is waited for, and freed as it would be in a program. */
export function execute(item: Item, backend: AnyBackend): { run(): Promise<void>; dispose(): void } {
  const runnable = item.prepare(backend);
  return {
    async run() {
      const results = await runnable.run();
      await backend.flush();
      for (const result of results) result.dispose();
    },
    dispose: () => runnable.dispose(),
  };
}
