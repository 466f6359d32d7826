export { convnetjsCifar10 } from './convnetjs-cifar10.js';
export { lenet5 } from './lenet.js';
export { mlp } from './mlp.js';
export { type ModelEntry, standardModels } from './standard-models.js';
