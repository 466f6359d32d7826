import { library } from '../../tsup.config.base.js';

// The image decoders are an entry so that they become a file of their own: a bundle that decodes no image then leaves them out.
export default library({ entry: ['src/index.ts', 'src/node.ts', 'src/image.ts'] });
