import { CnnError, FormatError, type TypedArray } from '@cnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSafetensors, parseSafetensors, type SafetensorsTensor } from '../src/index.js';
import { thrownBy } from './helpers.js';

/** A file built by hand from the format's description: length, header, data. */
function file(header: unknown, data: readonly number[] = [], length?: bigint): Uint8Array {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  const encoded = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + encoded.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(encoded.length), true);
  bytes.set(encoded, 8);
  bytes.set(data, 8 + encoded.length);
  return bytes;
}
const entry = (dtype: string, shape: unknown, begin: unknown, end: unknown) => ({ dtype, shape, data_offsets: [begin, end] });
const parse = (bytes: Uint8Array) => parseSafetensors(bytes, 'a.safetensors');
const only = (dtype: string, shape: number[], data: number[]): TypedArray =>
  parse(file({ x: entry(dtype, shape, 0, data.length) }, data)).tensors.get('x')!.data;

describe('parseSafetensors', () => {
  it('reads a file of the format by hand', () => {
    const { tensors, metadata, source } = parse(
      file(
        { __metadata__: { format: 'pt' }, a: entry('F32', [2], 0, 8), 'b.c': entry('U8', [], 8, 9) },
        [0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0, 7],
      ),
    );
    expect(source).toBe('a.safetensors');
    expect(metadata).toEqual({ format: 'pt' });
    expect(tensors.get('a')).toEqual({ dtype: 'float32', shape: [2], data: Float32Array.of(1, -2.5) });
    expect(tensors.get('b.c')).toEqual({ dtype: 'uint8', shape: [], data: Uint8Array.of(7) });
  });

  it('reads every dtype', () => {
    expect(only('F64', [1], [0, 0, 0, 0, 0, 0, 0xf8, 0x3f])).toEqual(Float64Array.of(1.5));
    expect(only('I32', [2], [0xfe, 0xff, 0xff, 0xff, 1, 1, 0, 0])).toEqual(Int32Array.of(-2, 257));
    expect(only('BOOL', [3], [1, 0, 1])).toEqual(Uint8Array.of(1, 0, 1));
    expect(only('I64', [2], [0, 0, 0, 0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0])).toEqual(
      Int32Array.of(-2147483648, 2147483647),
    );
  });

  it('reads half floats exactly', () => {
    // The examples of IEEE 754 binary16 in its Wikipedia article.
    const halves: [number, number][] = [
      [0x0000, 0],
      [0x8000, -0],
      [0x0001, 2 ** -24],
      [0x03ff, 1023 * 2 ** -24],
      [0x0400, 0.00006103515625],
      [0x3555, 0.333251953125],
      [0x3bff, 0.99951171875],
      [0x3c00, 1],
      [0x3c01, 1.0009765625],
      [0xc000, -2],
      [0x7bff, 65504],
      [0x7c00, Number.POSITIVE_INFINITY],
      [0xfc00, Number.NEGATIVE_INFINITY],
      [0x7e00, Number.NaN],
    ];
    const bytes = (words: number[]): number[] => words.flatMap(word => [word & 255, word >> 8]);
    const read = only('F16', [halves.length], bytes(halves.map(([bits]) => bits)));
    expect([...read]).toEqual(halves.map(([, value]) => value));
    // bfloat16: 1, -2, the largest number, π and 1/3 as rounded by the format, infinity, NaN.
    const brain = only('BF16', [7], bytes([0x3f80, 0xc000, 0x7f7f, 0x4049, 0x3eab, 0xff80, 0x7fc0]));
    expect([...brain]).toEqual([1, -2, 3.3895313892515355e38, 3.140625, 0.333984375, Number.NEGATIVE_INFINITY, Number.NaN]);
    expect(brain).toBeInstanceOf(Float32Array);
  });

  it('reads misaligned data by a copy, as some writers do not pad the header', () => {
    for (const pad of [0, 1, 2, 3, 4, 5, 6, 7]) {
      const header = `${JSON.stringify({ x: entry('F64', [1], 0, 8) })}${' '.repeat(pad)}`;
      expect(parse(file(header, [0, 0, 0, 0, 0, 0, 0xf8, 0x3f])).tensors.get('x')!.data[0]).toBe(1.5);
    }
    const inside = new Uint8Array(100);
    const bytes = file({ x: entry('F32', [1], 0, 4) }, [0, 0, 0x80, 0x3f]);
    inside.set(bytes, 13);
    expect(parse(inside.subarray(13, 13 + bytes.length)).tensors.get('x')!.data).toEqual(Float32Array.of(1));
  });

  it('reads scalars, empty tensors, odd names, padding and an empty file', () => {
    const names = ['__proto__', '', '10', 'é"\\'];
    const header = `{"__proto__":${JSON.stringify(entry('F32', [0, 3], 0, 0))},"":${JSON.stringify(entry('U8', [1], 0, 1))},"10":${JSON.stringify(
      entry('U8', [], 1, 2),
    )},"é\\"\\\\":${JSON.stringify(entry('U8', [1, 1], 2, 3))}} \n\t `;
    const { tensors } = parse(file(header, [1, 2, 3]));
    expect([...tensors.keys()].sort()).toEqual(names.sort());
    expect(tensors.get('__proto__')!.data.length).toBe(0);
    expect(parse(file('{}')).tensors.size).toBe(0);
  });

  const good = { x: entry('F32', [2, 2], 0, 16) };
  const nothing = entry('U8', [0], 0, 0);
  const sixteen = Array.from({ length: 16 }, () => 0);
  const cases: [what: string, bytes: Uint8Array, offset: number, message: RegExp][] = [
    ['no length', Uint8Array.of(1, 2, 3), 3, /truncated: the header's length takes 8 bytes; the file has 3/],
    ['an empty file', new Uint8Array(0), 0, /truncated/],
    ['a header longer than the file', file(good, sixteen, 1000n), 81, /truncated: the header ends at byte 1008; .* 81 bytes/],
    ['a header above the limit', file(good, sixteen, 100_000_001n), 0, /a header of 100000001 bytes; at most 100000000/],
    ['a length of 2^64 - 1', file(good, sixteen, 2n ** 64n - 1n), 0, /18446744073709551615 bytes/],
    ['a length beyond 2^53', file(good, sixteen, 2n ** 53n + 1n), 0, /9007199254740993 bytes/],
    ['an empty header', file(''), 8, /does not begin with '\{'/],
    ['a header of length 0 before data', file(good, sixteen, 0n), 8, /does not begin with '\{'/],
    ['a header that is a list', file('[]'), 8, /does not begin with '\{'/],
    ['a header that begins with a space', file(' {}'), 8, /does not begin with '\{'/],
    ['broken JSON', file('{"x":'), 8, /not JSON/],
    ['bytes after the JSON', file('{}x'), 8, /not JSON/],
    ['deep nesting', file(`{"x":${'['.repeat(100_000)}`), 8, /not JSON/],
    ['broken UTF-8', Uint8Array.from([3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0x7d]), 8, /not UTF-8/],
    ['a byte order mark', file('\ufeff{}'), 8, /does not begin with '\{'/],
    ['a name twice', file(`{"é":${JSON.stringify(nothing)},"\\u00e9":1}`), 8 + 7 + 47, /names 'é' twice/],
    ['a field twice', file('{"x":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'), 27, /names 'dtype' twice/],
    ['metadata that is a list', file({ __metadata__: [1] }), 9, /__metadata__ is \[1\]; it holds text by key/],
    ['metadata that is not text', file({ __metadata__: { a: 1 } }), 9, /it holds text by key/],
    ['an entry that is a number', file({ x: 5 }), 9, /tensor 'x': is 5, not \{ dtype, shape, data_offsets \}/],
    ['an entry that is null', file({ x: null }), 9, /tensor 'x': is null/],
    ['no dtype', file({ x: { shape: [], data_offsets: [0, 0] } }), 9, /unknown dtype undefined/],
    ['an unknown dtype', file({ x: entry('F8_E4M3', [0], 0, 0) }), 9, /tensor 'x': unknown dtype 'F8_E4M3'; known: F64, F32/],
    ['a dtype of the prototype', file({ x: entry('constructor', [0], 0, 0) }), 9, /unknown dtype 'constructor'/],
    ['a negative size', file({ x: entry('F32', [-1], 0, 4) }, [0, 0, 0, 0]), 9, /its shape is \[-1\]/],
    ['a fractional size', file({ x: entry('F32', [1.5], 0, 4) }, [0, 0, 0, 0]), 9, /its shape is \[1.5\]/],
    ['a size as text', file({ x: entry('F32', ['1'], 0, 4) }, [0, 0, 0, 0]), 9, /its shape is \["1"\]/],
    ['a shape that is no list', file({ x: entry('F32', 4, 0, 16) }, sixteen), 9, /its shape is 4/],
    ['sizes that overflow', file({ x: entry('F32', [2 ** 31, 2 ** 31, 4], 0, 16) }, sixteen), 9, /too many elements/],
    ['sizes that overflow before a 0', file({ x: entry('F32', [2 ** 52, 2 ** 52, 0], 0, 0) }), 9, /too many elements/],
    ['a size above 2^53', file('{"x":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,0]}}'), 9, /its shape is/],
    ['no offsets', file({ x: { dtype: 'U8', shape: [] } }), 9, /its data_offsets are undefined/],
    ['one offset', file({ x: { dtype: 'U8', shape: [], data_offsets: [0] } }), 9, /its data_offsets are \[0\]/],
    ['offsets the wrong way round', file({ x: entry('U8', [1], 1, 0) }, [0]), 9, /its data_offsets are \[1,0\]/],
    ['a negative offset', file({ x: entry('U8', [1], -1, 0) }, [0]), 9, /its data_offsets are \[-1,0\]/],
    ['an offset beyond the data', file(good, sixteen.slice(1)), 9, /truncated: it ends at byte 16 of the data; there are 15/],
    ['a huge offset', file({ x: entry('U8', [2 ** 50], 0, 2 ** 50) }, [0]), 9, /truncated: it ends at byte 1125899906842624/],
    ['a place too small', file({ x: entry('F32', [2, 2], 0, 12) }, sixteen), 9, /F32 \[2, 2\] takes 16 bytes; .* hold 12/],
    ['a place too large', file({ x: entry('F32', [3], 0, 16) }, sixteen), 9, /F32 \[3\] takes 12 bytes; .* hold 16/],
    [
      'tensors that overlap',
      file({ x: entry('U8', [3], 0, 3), y: entry('U8', [2], 2, 4) }, [0, 0, 0, 0]),
      -2,
      /tensor 'y' overlaps 'x'/,
    ],
    ['one place twice', file({ x: entry('U8', [1], 0, 1), y: entry('U8', [1], 0, 1) }, [0]), -1, /tensor 'y' overlaps 'x'/],
    ['an empty tensor inside another', file({ x: entry('U8', [2], 0, 2), y: entry('U8', [0], 1, 1) }, [0, 0]), -1, /overlaps/],
    ['a gap', file({ x: entry('U8', [1], 1, 2) }, [0, 0]), -2, /1 bytes before tensor 'x' belong to none/],
    ['trailing bytes', file(good, [...sixteen, 1, 2]), -2, /2 trailing bytes/],
    ['data of no tensor', file('{}', [1]), -1, /1 trailing bytes/],
    [
      'an integer above int32',
      file({ x: entry('I64', [2], 0, 16) }, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0]),
      -8,
      /tensor 'x', element 1: 2147483648 does not fit int32/,
    ],
    [
      'an integer below int32',
      file({ x: entry('I64', [1], 0, 8) }, [255, 255, 255, 0x7f, 255, 255, 255, 255]),
      -8,
      /element 0: -2147483649 does not fit/,
    ],
    ['a bool of 2', file({ x: entry('BOOL', [3], 0, 3) }, [0, 1, 2]), -1, /tensor 'x', element 2: 2 is not a bool/],
  ];
  for (const [what, bytes, offset, message] of cases) {
    it(`refuses ${what}`, () => {
      const error = thrownBy(() => parse(bytes)) as FormatError;
      expect(error).toBeInstanceOf(FormatError);
      expect(error.message).toMatch(message);
      expect(error.source).toBe('a.safetensors');
      // Below 0: from the end of the file.
      expect(error.offset).toBe(offset < 0 ? bytes.length + offset : offset);
    });
  }

  const written = formatSafetensors(
    new Map<string, SafetensorsTensor>([
      ['w', { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
      ['n', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
    ]),
    { note: 'x' },
  );

  it('refuses every truncation and every longer file', () => {
    for (let length = 0; length < written.length; length++)
      expect(() => parse(written.subarray(0, length)), `${length} bytes`).toThrow(FormatError);
    expect(() => parse(Uint8Array.of(...written, 0))).toThrow(/trailing/);
  });

  it('gives a typed error or a whole file for damaged bytes, never anything else', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(written.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), changes => {
        const bytes = written.slice();
        for (const [at, value] of changes) bytes[at] = value;
        try {
          for (const { shape, data } of parse(bytes).tensors.values())
            expect(data.length).toBe(shape.reduce((size, n) => size * n, 1));
        } catch (error) {
          expect(error).toBeInstanceOf(CnnError);
        }
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});

describe('formatSafetensors', () => {
  it('writes the bytes of the format: wider types first, then by name; the header padded to 8', () => {
    const bytes = formatSafetensors(
      new Map<string, SafetensorsTensor>([
        ['b', { dtype: 'uint8', shape: [1], data: Uint8Array.of(9) }],
        ['a', { dtype: 'uint8', shape: [], data: Uint8Array.of(8) }],
        ['z', { dtype: 'float32', shape: [1], data: Float32Array.of(1) }],
      ]),
      { z: '1', a: 'é' },
    );
    const header =
      '{"__metadata__":{"a":"é","z":"1"},"z":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},' +
      '"a":{"dtype":"U8","shape":[],"data_offsets":[4,5]},"b":{"dtype":"U8","shape":[1],"data_offsets":[5,6]}}';
    const encoded = new TextEncoder().encode(header);
    const padded = Math.ceil(encoded.length / 8) * 8;
    expect([...bytes.subarray(0, 8)]).toEqual([padded, 0, 0, 0, 0, 0, 0, 0]);
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + padded))).toBe(header + ' '.repeat(padded - encoded.length));
    expect([...bytes.subarray(8 + padded)]).toEqual([0, 0, 0x80, 0x3f, 8, 9]);
  });

  it('does not depend on the order of its arguments', () => {
    const entries: [string, SafetensorsTensor][] = ['10', '9', 'a', 'Z', '__proto__'].map((name, i) => [
      name,
      { dtype: i % 2 ? 'float64' : 'int32', shape: [1], data: i % 2 ? Float64Array.of(i) : Int32Array.of(i) },
    ]);
    const bytes = formatSafetensors(new Map(entries), { b: '1', a: '2' });
    expect(formatSafetensors(new Map(entries.reverse()), { a: '2', b: '1' })).toEqual(bytes);
    expect(parse(bytes).tensors).toEqual(new Map(entries));
  });

  it('is read back as it was, whatever the names and numbers', () => {
    const make = {
      float32: (n: number) => Float32Array.of(n),
      float64: (n: number) => Float64Array.of(n),
      int32: (n: number) => Int32Array.of(n),
      uint8: (n: number) => Uint8Array.of(n),
      bool: (n: number) => Uint8Array.of(n & 1),
    };
    const dtype = fc.constantFrom('float32', 'float64', 'int32', 'uint8', 'bool');
    const name = fc.string({ unit: 'binary' }).filter(text => text !== '__metadata__');
    const metadata = fc.dictionary(name, fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, dtype, fc.double())), metadata, (list, texts) => {
        const tensors = new Map<string, SafetensorsTensor>();
        for (const [key, type, value] of list) tensors.set(key, { dtype: type, shape: [1, 1], data: make[type](value) });
        const back = parse(formatSafetensors(tensors, texts));
        expect(back.tensors).toEqual(tensors);
        expect(Object.entries(back.metadata).sort()).toEqual(Object.entries(texts).sort());
      }),
      { numRuns: 100, seed: 2 },
    );
  });

  it('refuses what it could not read back', () => {
    const one = { dtype: 'float32', shape: [1], data: Float32Array.of(1) } as const;
    const write =
      (name: string, tensor: SafetensorsTensor, metadata = {}) =>
      () =>
        formatSafetensors(new Map([[name, tensor]]), metadata);
    expect(write('__metadata__', one)).toThrow(/cannot be called '__metadata__'/);
    expect(write('x', { ...one, shape: [2] })).toThrow(/tensor 'x' is \[2\]; its data has 1 elements/);
    expect(write('x', { ...one, shape: [-1] })).toThrow(/not a shape/);
    expect(write('x', { ...one, data: Float64Array.of(1) })).toThrow(/tensor 'x' is float32; its data is no Float32Array/);
    expect(write('x', one, { a: 1 })).toThrow(/metadata 'a' is 1, not text/);
  });
});
