/** Mistakes in a network's text are found at their line. */
import { modelFromJSON, standardLayers } from '@cnn/layers';
import { describe, expect, test } from 'vitest';
import { readModel } from '../src/engine/model-text.js';
import { presetText } from '../src/engine/presets.js';
import { presetNames } from '../src/protocol.js';
import { formatJson } from '../src/text/format-json.js';
import { parseJsonLines, TextError } from '../src/text/json-lines.js';

const read = (text: string) => readModel(text, [1, 28, 28], 10);
const network = (...layers: string[]) =>
  ['{ "format": "cnn-model", "version": 1,', '"model": { "type": "sequential", "layers": {', ...layers, '} } }'].join('\n');

/** What is wrong with a text, and in which line. */
function problem(text: string): [message: string, line: number] {
  try {
    read(text);
  } catch (error) {
    if (error instanceof TextError) return [error.message, error.line];
    throw error;
  }
  throw new Error('nothing is wrong');
}

describe('a mistake is at its line', () => {
  const fc = '"fc": { "type": "linear", "units": 10 }';
  test.each([
    ['a comma that is missing', network('"a": { "type": "flatten" }', fc), 4, /expected , or }, found "fc"/],
    ['a string that is not closed', network('"a": { "type": "flat } ,', fc), 4, /expected|closed/],
    ['a name that is there twice', network('"fc": { "type": "flatten" },', fc), 4, /"fc" is there twice/],
    [
      'an unknown layer',
      network('"a": { "type": "flatten" },', '"b": {', '"type": "linaer", "units": 3 },', fc),
      5,
      /unknown layer 'linaer'/,
    ],
    [
      'an unknown option',
      network('"a": { "type": "flatten" },', '"b": { "type": "linear",', '"units": 3,', '"unit": 2 },', fc),
      6,
      /option 'unit'/,
    ],
    [
      'an impossible option',
      network('"a": { "type": "conv2d", "kernelSize": 3,', '"filters": -1 },', fc),
      4,
      /option 'filters' is -1/,
    ],
    ['shapes that do not fit', network('"a": { "type": "relu" },', fc), 4, /put a flatten layer before it/],
    [
      'another number of classes',
      network('"a": { "type": "flatten" },', '"fc": { "type": "linear", "units": 9 }'),
      4,
      /gives \[9\]; 10 classes need \[10\]/,
    ],
  ])('%s', (_, text, line, message) => {
    const [found, at] = problem(text);
    expect(found).toMatch(message);
    expect(at).toBe(line);
  });

  test('inside of a residual block of a graph', () => {
    const text = formatJson({
      format: 'cnn-model',
      version: 1,
      model: {
        type: 'sequential',
        layers: [
          {
            type: 'residual',
            body: { type: 'sequential', layers: [{ type: 'relu' }, { type: 'conv2d', filters: 2, kernelSize: 3 }] },
          },
          { type: 'flatten' },
          { type: 'linear', units: 10 },
        ],
      },
    });
    const [message, line] = problem(text);
    expect(message).toContain("layer '0.sum'");
    expect(
      text
        .split('\n')
        .slice(line - 1, line + 1)
        .join(),
    ).toContain('{,        "type": "residual"');
  });

  test('another input than the images', () => {
    const text = '{ "format": "cnn-model", "version": 1,\n"input": [3, 32, 32],\n"model": { "type": "flatten" } }';
    expect(problem(text)).toEqual(['the input is [3, 32, 32]; the images are [1, 28, 28]', 2]);
  });
});

describe('texts', () => {
  test.each(presetNames)('%s fits digits', name => {
    const text = presetText(name, { classes: Array.from({ length: 10 }, String) });
    expect(read(text).summary.outputShapes).toEqual([[10]]);
    expect(modelFromJSON(JSON.parse(text), standardLayers)).toEqual(read(text).model);
  });

  test('are the same value as JSON.parse gives', () => {
    const text = '{"a": [1, -2.5e3, true, null, "x\\"{,}"], "b": {}, "": {"c": []}}';
    expect(parseJsonLines(text).value).toEqual(JSON.parse(text));
    expect(formatJson(JSON.parse(text))).toBe('{\n  "a": [1, -2500, true, null, "x\\"{,}"],\n  "b": {},\n  "": { "c": [] }\n}');
  });

  test.each(['', '[1,]', '{"a" 1}', '[1 2]', '{a: 1}', '[1] 2', 'nul', '"open', '[01]'])('%s is no JSON', text => {
    expect(() => parseJsonLines(text)).toThrow(TextError);
    expect(() => JSON.parse(text)).toThrow();
  });
});
