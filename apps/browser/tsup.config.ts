import { library } from '../../tsup.config.base.js';

/** What `npm run bench:gpu` runs; the page itself is bundled when it is served. */
export default library({
  entry: ['src/bench.ts'],
  platform: 'node',
  target: 'node20',
  dts: false,
});
