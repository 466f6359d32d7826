/**
 * PyTorch's tutorial "Training a classifier", line by line: PyTorch's lines are the comments.
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
const transforms = [toFloat(), normalise({ mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] })]; // Compose([ToTensor(), …])
// trainset = torchvision.datasets.CIFAR10(root='./data', train=True, download=True, transform=transform), and testset
const { train, test } = await openDataset('cifar10', dataDir === undefined ? {} : { dataDir });
const trainLoader = loader(train, { batchSize: 4, shuffle: true, transforms }); // DataLoader(trainset, batch_size=4, …)

const model = sequential({
  conv1: conv2d({ filters: 6, kernelSize: 5 }), // self.conv1 = nn.Conv2d(3, 6, 5)
  relu1: relu(), // x = F.relu(self.conv1(x))
  pool1: maxPool2d({ kernelSize: 2 }), // self.pool = nn.MaxPool2d(2, 2)
  conv2: conv2d({ filters: 16, kernelSize: 5 }), // self.conv2 = nn.Conv2d(6, 16, 5)
  relu2: relu(),
  pool2: maxPool2d({ kernelSize: 2 }),
  flatten: flatten(), // x = torch.flatten(x, 1)
  fc1: linear({ units: 120 }), // self.fc1 = nn.Linear(16 * 5 * 5, 120)
  relu3: relu(), // x = F.relu(self.fc1(x))
  fc2: linear({ units: 84 }), // self.fc2 = nn.Linear(120, 84)
  relu4: relu(),
  fc3: linear({ units: 10 }), // self.fc3 = nn.Linear(84, 10)
});
const net = initialise(model, { backend: await cpu(), input: train.shape }); // net = Net()
const criterion = losses.softmaxCrossEntropy(); // criterion = nn.CrossEntropyLoss()
const optimizer = sgd({ learningRate: 0.001, momentum: 0.9 }).init(net.trainable); // optim.SGD(net.parameters(), …)
// for epoch in range(2): running_loss = 0.0; for i, data in enumerate(trainloader, 0): inputs, labels = data
for (let epoch = 0; epoch < 2; epoch++) {
  let [runningLoss, i] = [0, 0];
  for await (const { images, labels, size } of trainLoader.epoch(epoch)) {
    const loss = tidy(() => {
      const inputs = tensor(net.backend, images, { shape: [size, ...train.shape] });
      const targets = tensor(net.backend, labels, { dtype: 'int32' });
      // outputs = net(inputs); loss = criterion(outputs, labels); loss.backward()
      const { loss, grads } = grad(() => criterion(net.apply(inputs, { training: true }), targets), net.trainable);
      optimizer.step(grads); // optimizer.step(); there are no old gradients to set to zero
      return loss;
    });
    runningLoss += await loss.item(); // running_loss += loss.item()
    loss.dispose();
    if (++i % 500 > 0) continue; // if i % 2000 == 1999:
    console.log(`[${epoch + 1}, ${i}] loss: ${(runningLoss / 500).toFixed(3)}`); // print(f'[{epoch + 1}, {i + 1:5d}] loss: …')
    runningLoss = 0;
  }
}
// with torch.no_grad(): for data in testloader: …
const { accuracy } = await evaluate({ net, loss: criterion, data: loader(test, { batchSize: 100, transforms }) });
console.log(`Accuracy of the network on the ${test.length} test images: ${Math.floor(100 * accuracy)} %`);
