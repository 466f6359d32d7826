import { library } from '../../tsup.config.base.js';

/** What `npm run example -- NAME` runs; the pages are bundled by Vite. */
export default library({ entry: ['src/*.ts'], platform: 'node', target: 'node20', dts: false, sourcemap: false });
