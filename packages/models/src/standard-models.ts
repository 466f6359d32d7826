import type { Graph } from '@cnn/layers';
import type { Shape } from '@cnn/tensor';
import { alexnet } from './alexnet.js';
import { convnetjsCifar10 } from './convnetjs-cifar10.js';
import { lenet5 } from './lenet.js';
import { mlp } from './mlp.js';
import { resnet18 } from './resnet18.js';

/** An architecture that goes by a name. */
export interface ModelEntry {
  /** The model for a number of classes, by default as many as it was published for. */
  readonly build: (options: { readonly classes?: number }) => Graph;
  /** The input it was published for, without the batch axis. */
  readonly input: Shape;
}

/** The architectures of this package by the names that the `cnn` command takes. */
export const standardModels: Readonly<Record<string, ModelEntry>> = {
  lenet5: { build: lenet5, input: [1, 28, 28] },
  'convnetjs-cifar10': { build: convnetjsCifar10, input: [3, 32, 32] },
  mlp: { build: mlp, input: [1, 28, 28] },
  resnet18: { build: resnet18, input: [3, 224, 224] },
  alexnet: { build: alexnet, input: [3, 224, 224] },
};
