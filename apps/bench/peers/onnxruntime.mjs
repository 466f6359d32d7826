/** ONNX Runtime. Arguments: `web` (WASM) or `node` (native), and how many threads. The networks are those of export_onnx.py. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { convolutionShapes, matrixSizes, serve } from '../dist/peer.js';
import { noise } from './noise.mjs';

const [flavor, threads] = process.argv.slice(2);
const library = `onnxruntime-${flavor}`;
const ort = await import(library);
if (flavor === 'web') {
  ort.env.wasm.numThreads = Number(threads);
  ort.env.logLevel = 'error';
}
const options = {
  executionProviders: [flavor === 'web' ? 'wasm' : 'cpu'],
  graphOptimizationLevel: 'all',
  intraOpNumThreads: Number(threads),
  interOpNumThreads: 1,
  logSeverityLevel: 3,
};

/** Per item the shapes of its inputs; the file has the item's name. */
const inputs = {
  ...Object.fromEntries(matrixSizes.map(n => [`sgemm-${n}`, { a: [n, n], b: [n, n] }])),
  ...Object.fromEntries(
    convolutionShapes.map(({ name, batch, channels, size }) => [`${name}-fwd`, { x: [batch, channels, size, size] }]),
  ),
  'resnet18-infer-b1': { x: [1, 3, 224, 224] },
  'alexnet-infer-b1': { x: [1, 3, 224, 224] },
};

async function prepare(item) {
  if (!Object.hasOwn(inputs, item)) return { skip: 'ONNX Runtime does not train here' };
  const model = new Uint8Array(readFileSync(new URL(`models/${item}.onnx`, import.meta.url)));
  const session = await ort.InferenceSession.create(model, options);
  const feeds = Object.fromEntries(
    Object.entries(inputs[item]).map(([name, shape]) => [name, new ort.Tensor('float32', noise(shape), shape)]),
  );
  return { run: () => session.run(feeds), dispose: () => void session.release() };
}

const manifest = createRequire(import.meta.url)
  .resolve(library)
  .replace(/(.*onnxruntime-\w+).*/, '$1/package.json');
await serve({ name: library, version: JSON.parse(readFileSync(manifest, 'utf8')).version, prepare });
process.exit(0);
