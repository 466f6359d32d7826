import { library } from '../../tsup.config.base.js';

export default library({
  entry: { index: 'src/index.ts', ops: 'src/ops/index.ts', node: 'src/node.ts' },
  // The root exports the ops by the name of their entry: as part of its own file they would be one object, of which a bundler drops nothing.
  external: ['@cnn/tensor', '@cnn/tensor/ops'],
});
