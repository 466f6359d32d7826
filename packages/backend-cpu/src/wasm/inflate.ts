import { nodeModule } from '../node-modules.js';

/** The bytes whose raw deflate stream (RFC 1951) this is as base64. */
export async function inflate(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  // Node has the streams of the web and their base64 too, but takes 20 ms to load them and 2 to run a loop for the first time.
  const zlib = nodeModule('node:zlib');
  if (zlib) return zlib.inflateRawSync(nodeModule('node:buffer')!.Buffer.from(base64, 'base64'));
  const deflated = Uint8Array.from(atob(base64), character => character.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
