/** Numbers in [-0.5, 0.5), as many as a shape has. */
export function noise(shape) {
  let state = 1;
  return Float32Array.from({ length: sizeOf(shape) }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}

/** How many numbers a shape has. */
export const sizeOf = shape => shape.reduce((product, n) => product * n, 1);
