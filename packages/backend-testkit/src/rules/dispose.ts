import { type AnyBackend, tensor } from '@cnn/tensor';
import { errorOf } from './expect.js';

/** The name of {@link checkDispose} in reports. */
export const disposeRule = 'nothing can be written after dispose';

/** A backend that was disposed refuses what comes after, and still takes back the tensors that are out. It disposes the backend. */
export async function checkDispose(backend: AnyBackend): Promise<void> {
  const x = tensor(backend, [1, 2]);
  await backend.dispose();
  x.dispose();
  await errorOf('a tensor made and read after dispose', async () => {
    const late = tensor(backend, [1]);
    await late.data().finally(() => late.dispose());
  });
}
