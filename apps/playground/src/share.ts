/** A network and its training settings in the fragment of a link, which no server sees. */
import { augmentationNames, optimizerNames, type TrainingSettings } from './protocol.js';

/** What a link carries. */
export interface Shared {
  /** The network's text. */
  readonly network: string;
  readonly settings: TrainingSettings;
  /** What the data was called. */
  readonly data: string;
}

const KEY = '#net=';

/** The fragment of a link, with `#`. */
export async function toFragment(shared: Shared): Promise<string> {
  const bytes = await through(new TextEncoder().encode(JSON.stringify(shared)), new CompressionStream('deflate-raw'));
  const text = btoa(String.fromCharCode(...bytes));
  return KEY + text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/**
 * What a link carries; undefined if nothing.
 *
 * @throws {Error} for a link that is cut or changed.
 */
export async function fromFragment(fragment: string): Promise<Shared | undefined> {
  if (!fragment.startsWith(KEY)) return undefined;
  try {
    const text = atob(fragment.slice(KEY.length).replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = await through(
      Uint8Array.from(text, character => character.charCodeAt(0)),
      new DecompressionStream('deflate-raw'),
    );
    const shared: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (isShared(shared)) return shared;
  } catch {
    // Said below, as for a link that holds something else.
  }
  throw new Error('the link is damaged: its network cannot be read');
}

async function through(bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

function isShared(value: unknown): value is Shared {
  const { network, settings, data } = (value ?? {}) as Partial<Shared>;
  if (typeof network !== 'string' || typeof data !== 'string' || typeof settings !== 'object') return false;
  const { optimizer, learningRate, momentum, weightDecay, batchSize, augmentation } = settings;
  return (
    optimizerNames.includes(optimizer) &&
    [learningRate, momentum, weightDecay, batchSize].every(Number.isFinite) &&
    Array.isArray(augmentation) &&
    augmentation.every(name => augmentationNames.includes(name))
  );
}
