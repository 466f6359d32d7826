import { nodeModule } from '../node-modules.js';

/** The bytes whose raw deflate stream (RFC 1951) this is as base64. */
export async function inflate(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  const text = atob(base64);
  const deflated = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) deflated[i] = text.charCodeAt(i);
  // Node has the streams of the web too, but takes 20 ms to load them.
  const zlib = nodeModule('node:zlib');
  if (zlib) return zlib.inflateRawSync(deflated);
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
