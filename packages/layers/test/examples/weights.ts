import { loadWeights, type Net } from '@cnn/layers';
import { readWeights, writeWeights } from '@cnn/layers/node';

export async function copyWeights(from: Net, to: Net, path: string): Promise<void> {
  await writeWeights(path, from);
  const { loaded } = loadWeights(to, await readWeights(path));
  console.log(`${loaded.length} tensors`);
}
