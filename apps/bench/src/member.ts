/** Our side of a comparison, a process of its own. Its argument: the options of `cpu` as JSON. */
import { type CpuOptions, cpu } from '@cnn/backend-cpu';
import packageJson from '../package.json' with { type: 'json' };
import { execute } from './execute.js';
import { items } from './items/index.js';
import { serve } from './peers/serve.js';

const options: CpuOptions = JSON.parse(process.argv[2] ?? '{}');
const backend = await cpu(options);

await serve({
  name: 'cnn',
  version: `${packageJson.version} (${backend.build}, ${backend.threads} threads)`,
  async prepare(name) {
    const item = items.find(item => item.name === name);
    return item ? execute(item, backend) : { skip: `there is no item ${name}` };
  },
});
await backend.dispose();
