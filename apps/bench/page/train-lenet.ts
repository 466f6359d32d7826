/** What a page needs that trains LeNet-5: `--bundle` measures it. */
import { cpu } from '@cnn/backend-cpu';
import { digits, loader } from '@cnn/data';
import { initialise, losses } from '@cnn/layers';
import { lenet5 } from '@cnn/models';
import { adam } from '@cnn/optim';
import { fit } from '@cnn/train';

const { train, test } = digits();
const net = initialise(lenet5(), { backend: await cpu(), input: [1, 28, 28], seed: 1 });
await fit({
  net,
  loss: losses.softmaxCrossEntropy(),
  optimizer: adam(),
  data: loader(train, { batchSize: 64, shuffle: true, seed: 1 }),
  validation: loader(test, { batchSize: 250 }),
  epochs: 3,
  onEvent: event => {
    if (event.type === 'epochEnd') document.body.append(`test accuracy ${event.testAccuracy} `);
  },
});
