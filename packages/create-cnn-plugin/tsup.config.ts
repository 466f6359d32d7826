import { library } from '../../tsup.config.base.js';

export default library({ entry: ['src/main.ts'], platform: 'node', target: 'node20', dts: false });
