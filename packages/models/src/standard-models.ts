import type { Graph } from '@cnn/layers';
import type { Shape } from '@cnn/tensor';
import { alexnet } from './alexnet.js';
import { alexnetTwoTower } from './alexnet-two-tower.js';
import { cifarResnet } from './cifar-resnet.js';
import { convnet } from './convnet.js';
import { convnetjsCifar10 } from './convnetjs-cifar10.js';
import { densenet121 } from './densenet121.js';
import { fcn } from './fcn.js';
import { googlenet } from './googlenet.js';
import { inceptionV3 } from './inception-v3.js';
import { lenet5 } from './lenet.js';
import { lenet5Of1998 } from './lenet5-of-1998.js';
import { mlp } from './mlp.js';
import { mobilenetV1 } from './mobilenet-v1.js';
import { mobilenetV2 } from './mobilenet-v2.js';
import { neocognitron } from './neocognitron.js';
import { resnet18, resnet34, resnet50, resnet101, resnet152 } from './resnet.js';
import { resnet9 } from './resnet9.js';
import { squeezenet } from './squeezenet.js';
import { unet } from './unet.js';
import { vgg11, vgg13, vgg16, vgg19 } from './vgg.js';
import { zfnet } from './zfnet.js';

/** An architecture that goes by a name. */
export interface ModelEntry {
  /** The model for a number of classes, by default as many as it was published for. */
  readonly build: (options: { readonly classes?: number }) => Graph;
  /** The input it was published for, without the batch axis. */
  readonly input: Shape;
  /** Where it was published. */
  readonly paper: string;
}

const imagenet: Shape = [3, 224, 224];
const cifar: Shape = [3, 32, 32];
const vggPaper = 'Simonyan and Zisserman, 2014';
const resnetPaper = 'He et al., 2015';

/** The architectures of this package by the names that the `cnn` command takes. */
export const standardModels: Readonly<Record<string, ModelEntry>> = {
  lenet5: { build: lenet5, input: [1, 28, 28], paper: 'LeCun et al., 1998, as it is taught today' },
  'lenet5-1998': { build: lenet5Of1998, input: [1, 32, 32], paper: 'LeCun et al., 1998' },
  'convnetjs-cifar10': { build: convnetjsCifar10, input: cifar, paper: 'Karpathy, 2014, ConvNetJS' },
  mlp: { build: mlp, input: [1, 28, 28], paper: 'Rumelhart et al., 1986' },
  'mlp-300': { build: options => mlp({ ...options, hidden: [300] }), input: [1, 28, 28], paper: 'LeCun et al., 1998' },
  'mlp-300-100': { build: options => mlp({ ...options, hidden: [300, 100] }), input: [1, 28, 28], paper: 'LeCun et al., 1998' },
  convnet: { build: convnet, input: cifar, paper: 'Karpathy, CS231n' },
  neocognitron: { build: neocognitron, input: [1, 16, 16], paper: 'after Fukushima, 1980' },
  alexnet: { build: alexnet, input: imagenet, paper: 'Krizhevsky, 2014' },
  'alexnet-two-tower': { build: alexnetTwoTower, input: [3, 227, 227], paper: 'Krizhevsky et al., 2012' },
  zfnet: { build: zfnet, input: imagenet, paper: 'Zeiler and Fergus, 2013' },
  vgg11: { build: vgg11, input: imagenet, paper: vggPaper },
  vgg13: { build: vgg13, input: imagenet, paper: vggPaper },
  vgg16: { build: vgg16, input: imagenet, paper: vggPaper },
  vgg19: { build: vgg19, input: imagenet, paper: vggPaper },
  'vgg11-bn': { build: options => vgg11({ ...options, batchNorm: true }), input: imagenet, paper: vggPaper },
  'vgg13-bn': { build: options => vgg13({ ...options, batchNorm: true }), input: imagenet, paper: vggPaper },
  'vgg16-bn': { build: options => vgg16({ ...options, batchNorm: true }), input: imagenet, paper: vggPaper },
  'vgg19-bn': { build: options => vgg19({ ...options, batchNorm: true }), input: imagenet, paper: vggPaper },
  googlenet: { build: googlenet, input: imagenet, paper: 'Szegedy et al., 2014' },
  'googlenet-aux': {
    build: options => googlenet({ ...options, auxiliary: true }),
    input: imagenet,
    paper: 'Szegedy et al., 2014',
  },
  'inception-v3': { build: inceptionV3, input: [3, 299, 299], paper: 'Szegedy et al., 2015' },
  'inception-v3-aux': {
    build: options => inceptionV3({ ...options, auxiliary: true }),
    input: [3, 299, 299],
    paper: 'Szegedy et al., 2015',
  },
  resnet18: { build: resnet18, input: imagenet, paper: resnetPaper },
  resnet34: { build: resnet34, input: imagenet, paper: resnetPaper },
  resnet50: { build: resnet50, input: imagenet, paper: resnetPaper },
  resnet101: { build: resnet101, input: imagenet, paper: resnetPaper },
  resnet152: { build: resnet152, input: imagenet, paper: resnetPaper },
  'cifar-resnet20': { build: options => cifarResnet({ ...options, depth: 20 }), input: cifar, paper: resnetPaper },
  'cifar-resnet32': { build: options => cifarResnet({ ...options, depth: 32 }), input: cifar, paper: resnetPaper },
  'cifar-resnet44': { build: options => cifarResnet({ ...options, depth: 44 }), input: cifar, paper: resnetPaper },
  'cifar-resnet56': { build: options => cifarResnet({ ...options, depth: 56 }), input: cifar, paper: resnetPaper },
  'cifar-resnet110': { build: options => cifarResnet({ ...options, depth: 110 }), input: cifar, paper: resnetPaper },
  resnet9: { build: resnet9, input: cifar, paper: 'Page, 2018' },
  'resnet9-half': { build: options => resnet9({ ...options, width: 32 }), input: cifar, paper: 'Page, 2018, half as wide' },
  'resnet9-quarter': {
    build: options => resnet9({ ...options, width: 16 }),
    input: cifar,
    paper: 'Page, 2018, a quarter as wide',
  },
  squeezenet: { build: squeezenet, input: imagenet, paper: 'Iandola et al., 2016' },
  'mobilenet-v1': { build: mobilenetV1, input: imagenet, paper: 'Howard et al., 2017' },
  'mobilenet-v2': { build: mobilenetV2, input: imagenet, paper: 'Sandler et al., 2018' },
  densenet121: { build: densenet121, input: imagenet, paper: 'Huang et al., 2016' },
  unet: { build: unet, input: [1, 572, 572], paper: 'Ronneberger et al., 2015' },
  fcn: { build: fcn, input: imagenet, paper: 'Long et al., 2015' },
};
