/**
 * PyTorch's tutorial "Training a classifier", line by line: PyTorch's lines are the comments.
 *
 *   npm run example -- pytorch-cifar10-tutorial                     downloads CIFAR-10 once
 *   npm run example -- pytorch-cifar10-tutorial --data-dir FOLDER   reads the .bin files that you have
 */
import { parseArgs } from 'node:util';
import { cpu } from '@cnn/backend-cpu';
import { loader, normalise, toFloat } from '@cnn/data';
import { openDataset } from '@cnn/data/node';
import { conv2d, flatten, initialise, linear, losses, maxPool2d, relu, sequential } from '@cnn/layers';
import { sgd } from '@cnn/optim';
import { grad, tensor, tidy } from '@cnn/tensor';
import { evaluate } from '@cnn/train';

const { 'data-dir': dataDir } = parseArgs({ options: { 'data-dir': { type: 'string' } } }).values;
// transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))])
const transforms = [toFloat(), normalise({ mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] })];
// trainset = torchvision.datasets.CIFAR10(root='./data', train=True, download=True, transform=transform), and testset
const { train, test } = await openDataset('cifar10', dataDir === undefined ? {} : { dataDir });
// trainloader = torch.utils.data.DataLoader(trainset, batch_size=4, shuffle=True), and testloader
const trainLoader = loader(train, { batchSize: 4, shuffle: true, transforms });
const testLoader = loader(test, { batchSize: 100, transforms });
const model = sequential({
  conv1: conv2d({ filters: 6, kernelSize: 5 }), // self.conv1 = nn.Conv2d(3, 6, 5)
  relu1: relu(), //                                F.relu(self.conv1(x))
  pool1: maxPool2d({ kernelSize: 2 }), //          self.pool = nn.MaxPool2d(2, 2)
  conv2: conv2d({ filters: 16, kernelSize: 5 }), // self.conv2 = nn.Conv2d(6, 16, 5)
  relu2: relu(),
  pool2: maxPool2d({ kernelSize: 2 }),
  flatten: flatten(), //                           x = torch.flatten(x, 1)
  fc1: linear({ units: 120 }), //                  self.fc1 = nn.Linear(16 * 5 * 5, 120)
  relu3: relu(),
  fc2: linear({ units: 84 }), //                   self.fc2 = nn.Linear(120, 84)
  relu4: relu(),
  fc3: linear({ units: 10 }), //                   self.fc3 = nn.Linear(84, 10)
});
const backend = await cpu(); //                                              device = torch.device('cpu')
const net = initialise(model, { backend, input: train.shape }); //           net = Net()
const criterion = losses.softmaxCrossEntropy(); //                           criterion = nn.CrossEntropyLoss()
const optimizer = sgd({ learningRate: 0.001, momentum: 0.9 }).init(net.trainable); // optim.SGD(net.parameters(), lr=0.001, momentum=0.9)

for (let epoch = 0; epoch < 2; epoch++) {
  //                                 for epoch in range(2):
  let [runningLoss, i] = [0, 0]; //                                              running_loss = 0.0
  for await (const { images, labels, size } of trainLoader.epoch(epoch)) {
    //    for i, data in enumerate(trainloader, 0):
    const loss = tidy(() => {
      const inputs = tensor(backend, images, { shape: [size, ...train.shape] }); //  inputs, labels = data
      const targets = tensor(backend, labels, { dtype: 'int32' });
      const step = grad(() => criterion(net.apply(inputs, { training: true }), targets), net.trainable); // loss.backward()
      optimizer.step(step.grads); //                                                 optimizer.step()
      return step.loss;
    });
    runningLoss += await loss.item(); //                                         running_loss += loss.item()
    loss.dispose();
    if (++i % 500 > 0) continue; //                                              if i % 2000 == 1999:
    console.log(`[${epoch + 1}, ${i}] loss: ${(runningLoss / 500).toFixed(3)}`); // print(f'[…] loss: …')
    runningLoss = 0; //                                                          running_loss = 0.0
  }
}
const { accuracy } = await evaluate({ net, loss: criterion, data: testLoader }); // with torch.no_grad(): …
console.log(`Accuracy of the network on the ${test.length} test images: ${Math.floor(100 * accuracy)} %`);
