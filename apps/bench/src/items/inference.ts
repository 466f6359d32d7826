import { type Graph, initialise, summary } from '@cnn/layers';
import { alexnet, resnet18 } from '@cnn/models';
import { bytesOf, type Item, noise } from './item.js';

const input = [3, 224, 224];

/** The scores of one image. The multiply-adds are the published ones. */
export const inference: readonly Item[] = [
  inferenceItem('resnet18-infer-b1', resnet18(), 1.814e9),
  inferenceItem('alexnet-infer-b1', alexnet(), 0.714e9),
];

function inferenceItem(name: string, model: Graph, multiplyAdds: number): Item {
  const { parameters } = summary(model, input);
  return {
    name,
    work: { flops: 2 * multiplyAdds, bytes: bytesOf(input, [parameters]) },
    prepare(backend) {
      const net = initialise(model, { backend, input });
      const images = noise(backend, 'images', [1, ...input]);
      return {
        run: () => [net.apply(images)],
        dispose() {
          net.dispose();
          images.dispose();
        },
      };
    },
  };
}
