/**
 * Numbers as a function of a key: the same key gives the same numbers on every backend and in every run, and one key says
 * nothing about another. Bits come from Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011)
 * on the host, so a backend needs no generator of its own.
 */
import { OptionError } from './errors.js';
import { currentRecorder } from './recorder.js';

/** Two 32-bit words that name a stream of numbers. */
export type RandomKey = readonly [number, number];

/**
 * A key from its parts, such as a seed, a layer's path and a step. Different parts, in another order too, give
 * independent streams (MurmurHash3 x86 32-bit, with two seeds).
 */
export function randomKey(...parts: readonly (number | string)[]): RandomKey {
  currentRecorder()?.refuse('it draws random numbers');
  const bytes = new TextEncoder().encode(parts.map(part => `${typeof part === 'number' ? 'n' : 's'}${part}`).join('\0'));
  return [murmur3(bytes, 0x9747b28c), murmur3(bytes, 0x3c6ef372)];
}

/** MurmurHash3 x86 32-bit (Appleby, 2011) of some bytes. */
export function murmur3(bytes: Uint8Array, seed: number): number {
  let hash = seed;
  const mixIn = (word: number): void => {
    word = Math.imul(word, 0xcc9e2d51);
    hash ^= Math.imul((word << 15) | (word >>> 17), 0x1b873593);
  };
  const whole = bytes.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    mixIn(bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  if (bytes.length > whole) mixIn(bytes[whole]! | ((bytes[whole + 1] ?? 0) << 8) | ((bytes[whole + 2] ?? 0) << 16));
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The upper 32 bits of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const middleLow = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(middleLow / 0x10000);
}

/** One block of Philox4x32-10: four 32-bit words for a counter of four words and a key of two, written into `out` from `at`. */
export function philox(counter: readonly [number, number, number, number], key: RandomKey, out: Uint32Array, at = 0): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 2] = c2;
  out[at + 3] = c3;
}

/** `length` random 32-bit words. A longer run of the same key starts with the shorter one. */
export function randomBits(length: number, key: RandomKey): Uint32Array {
  currentRecorder()?.refuse('it draws random numbers');
  const words = new Uint32Array(Math.ceil(length / 4) * 4);
  for (let block = 0; block * 4 < length; block++) philox([block, Math.floor(block / 2 ** 32), 0, 0], key, words, block * 4);
  return words.subarray(0, length);
}

/** `length` numbers spread evenly over [low, high), from 24 random bits each, so that float32 holds them exactly before scaling. */
export function randomUniform(length: number, key: RandomKey, low = 0, high = 1): Float64Array {
  return Float64Array.from(randomBits(length, key), word => low + (high - low) * ((word >>> 8) / 2 ** 24));
}

/** `length` numbers of a normal distribution (Box and Muller, 1958). */
export function randomNormal(length: number, key: RandomKey, mean = 0, deviation = 1): Float64Array {
  const pairs = Math.ceil(length / 2);
  const words = randomBits(pairs * 2, key);
  const numbers = new Float64Array(length);
  for (let i = 0; i < pairs; i++) {
    const radius = Math.sqrt(-2 * Math.log((words[2 * i]! + 1) / 2 ** 32));
    const angle = (2 * Math.PI * words[2 * i + 1]!) / 2 ** 32;
    numbers[2 * i] = mean + deviation * radius * Math.cos(angle);
    if (2 * i + 1 < length) numbers[2 * i + 1] = mean + deviation * radius * Math.sin(angle);
  }
  return numbers;
}

/** `length` numbers of a normal distribution, each drawn again until it lies within `bound` deviations of the mean. */
export function randomTruncatedNormal(length: number, key: RandomKey, mean = 0, deviation = 1, bound = 2): Float64Array {
  if (!(bound > 0)) throw new OptionError('randomTruncatedNormal', 'bound', bound, 'a number > 0');
  const numbers = randomNormal(length, key);
  for (let round = 1, again: number[] = [...numbers.keys()]; ; round++) {
    again = again.filter(i => Math.abs(numbers[i]!) > bound);
    if (again.length === 0) break;
    const drawn = randomNormal(again.length, randomKey(...key, round));
    again.forEach((at, i) => {
      numbers[at] = drawn[i]!;
    });
  }
  return numbers.map(number => mean + deviation * number);
}

/** `length` bytes, 1 with the given probability and otherwise 0. */
export function randomBernoulli(length: number, key: RandomKey, probability: number): Uint8Array {
  if (!(probability >= 0 && probability <= 1)) {
    throw new OptionError('randomBernoulli', 'probability', probability, 'a number in [0, 1]');
  }
  const threshold = probability * 2 ** 32;
  return Uint8Array.from(randomBits(length, key), word => (word < threshold ? 1 : 0));
}

/** The numbers 0 to length - 1 in a random order (Fisher and Yates; Durstenfeld, 1964). */
export function randomPermutation(length: number, key: RandomKey): Int32Array {
  const order = Int32Array.from({ length }, (_, i) => i);
  const words = randomBits(length, key);
  for (let i = length - 1; i > 0; i--) {
    const other = Math.floor((words[i]! / 2 ** 32) * (i + 1));
    const held = order[i]!;
    order[i] = order[other]!;
    order[other] = held;
  }
  return order;
}
