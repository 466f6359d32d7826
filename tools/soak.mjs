/** `npm run soak`: what takes too long for `npm test`. Datasets are read from ../shared/data; without one its check is skipped by name. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastLineJson, must, root } from './process.mjs';

const runs = mkdtempSync(join(tmpdir(), 'cnn-soak-'));
const folder = name => join(runs, name);
const shared = name => join(root, '../shared/data', name);

/** Each is a name, the data that it needs, and a function that gives a sentence about what it found, or throws. */
const CHECKS = [
  ['LeNet-5 on MNIST, 3 epochs', 'mnist', () => trainLeNet('mnist', 3, 0.985)],
  ['LeNet-5 on Fashion-MNIST, 5 epochs', 'fashion-mnist', () => trainLeNet('fashion-mnist', 5, 0.885)],
  ['ConvNetJS network on 4,000 images of CIFAR-10', 'cifar-10/lossless', trainConvnetjs],
  ['LeNet-5 trained on digits reads MNIST', 'mnist', digitsToMnist],
  ['the nearest neighbour on MNIST', 'mnist', () => classic('nearest-neighbour', 0.968)],
  ['HOG with a linear SVM on MNIST', 'mnist', () => classic('svm-on-hog', 0.97)],
  ['flat memory over 10,000 steps', '', flatMemory],
  ['500 steps of LeNet-5 on gpu.js', '', gpuJsSteps],
  ['every op in Chromium', '', browser],
  ['planted bugs are seen by the conformance checks', '', mutants],
];

let passed = 0;
let failed = 0;
for (const [name, data, check] of CHECKS) {
  if (!existsSync(shared(data)) && data) {
    console.log(`skipped: ${name}: no ${shared(data)}`);
    continue;
  }
  try {
    console.log(`passed: ${name}: ${await check()}`);
    passed++;
  } catch (error) {
    console.log(`FAILED: ${name}: ${error.message}`);
    failed++;
  }
}
rmSync(runs, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Runs `cnn` and gives the object that it prints. */
async function cnn(...args) {
  return lastLineJson((await must('node', ['apps/cli/bin/cnn.js', ...args, '--json'])).output);
}

function train(data, dataDir, model, epochs) {
  const from = dataDir ? ['--data-dir', dataDir] : [];
  return cnn('train', '--data', data, ...from, '--model', model, '--epochs', epochs, '--seed', '1', '--out', folder(data));
}

async function trainLeNet(data, epochs, least) {
  const { testAccuracy, imagesPerSecond } = await train(data, shared(data), 'lenet5', epochs);
  return atLeast(testAccuracy, least, `at ${Math.round(imagesPerSecond)} images/s`);
}

async function trainConvnetjs() {
  const { testAccuracy } = await train('cifar10', shared('cifar-10/lossless'), 'convnetjs-cifar10', 10);
  const [header, ...rows] = readFileSync(join(folder('cifar10'), 'history.csv'), 'utf8')
    .trim()
    .split('\n');
  const column = header.split(',').indexOf('trainLoss');
  const [first, last] = [rows.at(0), rows.at(-1)].map(row => Number(row.split(',')[column]));
  if (!(last < 0.8 * first)) throw new Error(`the loss went from ${first} to ${last}`);
  return atLeast(testAccuracy, 0.35, `loss from ${first} to ${last}`);
}

async function digitsToMnist() {
  await train('digits', undefined, 'lenet5', 8);
  const { accuracy } = await cnn('eval', '--model', folder('digits'), '--data', 'mnist', '--data-dir', shared('mnist'));
  return atLeast(accuracy, 0.8, 'of the test images');
}

async function classic(baseline, least) {
  const { accuracy } = lastLineJson((await must('node', ['tools/classic-on-mnist.mjs', baseline, shared('mnist')])).output);
  return atLeast(accuracy, least, 'of the test images');
}

async function flatMemory() {
  await must('vitest', ['run', '--project', 'train', 'flat-memory'], { env: { CNN_SOAK_STEPS: '10000' } });
  return 'no growth';
}

async function browser() {
  await must('vitest', ['run', '--project', 'browser'], { env: { CNN_SOAK: '1' } });
  return 'on the CPU backend, WebGL2 and WebGPU, as far as Chromium has them';
}

async function gpuJsSteps() {
  await must('vitest', ['run', '--project', 'train', 'gpujs'], { env: { CNN_SOAK: '1' } });
  return 'nothing left in modes cpu and webasm';
}

async function mutants() {
  const { killed, mutants: all } = lastLineJson(
    (await must('node', ['packages/backend-testkit/mutants/run.mjs', '--json'])).output,
  );
  return `${killed} of ${all}, the others explained`;
}

function atLeast(accuracy, least, more) {
  const text = `accuracy ${accuracy}, ${more}`;
  if (!(accuracy >= least)) throw new Error(`${text}; expected at least ${least}`);
  return text;
}
