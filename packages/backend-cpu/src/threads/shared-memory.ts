/**
 * The kernels' module, whose imported memory is not shared, as one that imports a shared memory. Both have the same code; they
 * differ by one bit, in the limits of the memory (WebAssembly threads proposal, "limits").
 *
 * @param bytes - Changed in place. Its memory import has a maximum, as `assembly/build.mjs` sees to.
 */
export function importSharedMemory(bytes: Uint8Array): void {
  let at = 8;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  };
  const skip = (length: number): void => {
    at += length;
  };
  // Sections: a kind, a size, the contents. Imports are section 2.
  while (bytes[at++] !== 2) skip(number());
  number();
  for (let left = number(); left > 0; left--) {
    skip(number());
    skip(number());
    const kind = bytes[at++];
    if (kind === MEMORY) {
      bytes[at]! |= SHARED;
      return;
    }
    number();
  }
}

const MEMORY = 2;
const SHARED = 2;
