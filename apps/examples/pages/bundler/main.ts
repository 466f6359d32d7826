/**
 * Classifies a photo in a page; nothing leaves the browser. `model.json` and `model.safetensors` of a run of `cnn train` lie beside the
 * page, which Vite, or any other bundler, builds:
 *
 *   npx vite build apps/examples/pages/bundler
 */
import { cpu } from '@cnn/backend-cpu';
import { decodeImage, fitImage, type ImageShape } from '@cnn/data';
import { initialise, loadWeights, type ModelJSON, modelFromJSON, parseSafetensors, standardLayers } from '@cnn/layers';
import { tensor } from '@cnn/tensor';
import { predict } from '@cnn/train';

const list = document.querySelector('ol')!;
const picker = document.querySelector('input')!;

/** Reads the model once. */
async function openModel() {
  const json: ModelJSON = await (await fetch('model.json')).json();
  const weights = new Uint8Array(await (await fetch('model.safetensors')).arrayBuffer());
  const { input, classes = [], normalise } = json;
  if (!input || !normalise) throw new Error('model.json is not the model of a run');
  const backend = await cpu();
  const net = initialise(modelFromJSON(json, standardLayers), { backend, input });
  loadWeights(net, parseSafetensors(weights, 'model.safetensors'));
  return { backend, net, shape: input as ImageShape, classes, normalise };
}
const opened = openModel();

async function classify(photo: File): Promise<void> {
  const { backend, net, shape, classes, normalise } = await opened;
  const bytes = fitImage(decodeImage(new Uint8Array(await photo.arrayBuffer()), photo.name), shape);
  const pixels = Float32Array.from(bytes, (byte, i) => {
    const channel = Math.floor(i / (shape[1] * shape[2]));
    return (byte / 255 - normalise.mean[channel]!) / normalise.deviation[channel]!;
  });
  const images = tensor(backend, pixels, { shape: [1, ...shape] });
  const [probabilities = []] = await predict(net, images);
  images.dispose();
  const ranked = probabilities.map((probability, i) => ({ probability, name: classes[i] }));
  ranked.sort((a, b) => b.probability - a.probability);
  show(ranked.slice(0, 5).map(({ name, probability }) => `${name}: ${(100 * probability).toFixed(1)} %`));
}

function show(lines: readonly string[]): void {
  list.replaceChildren(...lines.map(line => Object.assign(document.createElement('li'), { textContent: line })));
}

picker.addEventListener('change', () => {
  const [photo] = picker.files ?? [];
  if (photo) classify(photo).catch((error: Error) => show([error.message]));
});
