import { expect, test } from 'vitest';
import { namesOf } from '../src/names.js';

test.each([
  ['swish', 'swish', 'Swish', 'swish/swish', 'swish'],
  ['cnn-swish', 'swish', 'Swish', 'cnn-swish/swish', 'cnn-swish'],
  ['@acme/cnn-soft-clip', 'softClip', 'SoftClip', 'acme/softClip', 'cnn-soft-clip'],
  ['@a.b/x2_y.z', 'x2YZ', 'X2YZ', 'a.b/x2YZ', 'x2_y.z'],
  ['cnn', 'cnn', 'Cnn', 'cnn/cnn', 'cnn'],
])('%s', (pluginPackage, pluginName, PluginName, pluginType, folder) => {
  expect(namesOf(pluginPackage)).toEqual({ pluginPackage, pluginName, PluginName, pluginType, folder });
});

test.each([
  '',
  'Swish',
  'a b',
  '../x',
  'a/b',
  '@acme',
  '@acme/',
  '@/x',
  '-x',
  '.x',
  '2x',
  '@acme/2x',
  'é',
  'x'.repeat(215),
  'a/../b',
])("refuses '%s', which npm or the source would", name => {
  expect(() => namesOf(name)).toThrow(`'${name}' is no name for a package`);
});

test.each([
  ['cnn-switch', "'switch'"],
  ['@acme/new', "'new'"],
  ['cnn-2d', "'2d'"],
  ['cnn--', "''"],
])('refuses %s, which is no name for an export', (name, text) => {
  expect(() => namesOf(name)).toThrow(`would make ${text} the plugin's name in the source`);
});

test.each(['http', 'fs', 'node_modules'])('refuses %s, which Node takes', name => {
  expect(() => namesOf(name)).toThrow('is the name of a module of Node');
  expect(namesOf(`@acme/${name}`).folder).toBe(name);
});
