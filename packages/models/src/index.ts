export { alexnet } from './alexnet.js';
export { convnetjsCifar10 } from './convnetjs-cifar10.js';
export { lenet5 } from './lenet.js';
export { mlp } from './mlp.js';
export { resnet18 } from './resnet18.js';
export { type ModelEntry, standardModels } from './standard-models.js';
