/** Layers, optimizers and backends from other packages. */
import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type LayerFactory, standardLayers } from '@cnn/layers';
import { type AnyOptimizerFactory, standardOptimizers } from '@cnn/optim';
import { OptionError, UsageError } from '@cnn/tensor';
import { type BackendFactory, standardBackends } from './backend.js';

/** All that can be named on the command line or in a model file. */
export interface Registry {
  readonly layers: readonly LayerFactory<never>[];
  readonly optimizers: readonly AnyOptimizerFactory[];
  readonly backends: Readonly<Record<string, BackendFactory>>;
}

/**
 * The standard parts and those of plugin modules. Of a module's exports, what `defineLayer` and `defineOptimizer` made counts,
 * alone or in a list, and an object `backends` of functions that make a backend.
 *
 * @param modules - Paths of modules or of the folders of packages, or names of packages installed where the command runs.
 * @throws {OptionError} for a module that cannot be loaded. @throws {UsageError} for one that exports nothing of use.
 */
export async function loadPlugins(modules: readonly string[] = []): Promise<Registry> {
  const layers = [...standardLayers];
  const optimizers: AnyOptimizerFactory[] = [...standardOptimizers];
  const backends: Record<string, BackendFactory> = { ...standardBackends };
  for (const name of modules) {
    const { backends: more, ...exports } = await load(name);
    const found = [...new Set(Object.values(exports).flat())];
    const newLayers = found.filter(isLayer);
    const newOptimizers = found.filter(isOptimizer);
    const newBackends = isRecord(more)
      ? Object.entries(more).filter((entry): entry is [string, BackendFactory] => typeof entry[1] === 'function')
      : [];
    if (newLayers.length + newOptimizers.length + newBackends.length === 0) {
      throw new UsageError(`plugin '${name}' exports no layer, no optimizer and no backend`);
    }
    refuseKnown(name, 'layer', layers.map(typeOfLayer), newLayers.map(typeOfLayer));
    refuseKnown(name, 'optimizer', optimizers.map(typeOf), newOptimizers.map(typeOf));
    refuseKnown(name, 'backend', Object.keys(backends), Object.keys(Object.fromEntries(newBackends)));
    layers.push(...newLayers);
    optimizers.push(...newOptimizers);
    Object.assign(backends, Object.fromEntries(newBackends));
  }
  return { layers, optimizers, backends };
}

const typeOfLayer = ({ definition }: LayerFactory<never>): string => definition.type;
const typeOf = ({ type }: AnyOptimizerFactory): string => type;

/** A name must mean one thing. */
function refuseKnown(plugin: string, kind: string, known: readonly string[], added: readonly string[]): void {
  const twice = added.find((type, i) => known.includes(type) || added.indexOf(type) < i);
  if (twice !== undefined) throw new UsageError(`plugin '${plugin}': the ${kind} '${twice}' is there already`);
}

async function load(name: string): Promise<Record<string, unknown>> {
  const isPath = /^[./\\]|^[A-Za-z]:|\.[cm]?js$/.test(name);
  try {
    return await import(isPath ? pathToFileURL(await moduleAt(resolve(name))).href : packageAddress(name));
  } catch (cause) {
    throw new OptionError('cnn', '--plugin', name, `a module that can be loaded; ${(cause as Error).message}`);
  }
}

/** Of a folder, what its package exports. */
async function moduleAt(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) return path;
  const manifest = join(path, 'package.json');
  const { name, exports } = JSON.parse(await readFile(manifest, 'utf8'));
  return createRequire(manifest).resolve(exports ? name : path);
}

/** A package is looked up from the folder where the command runs; only then from where the command is installed. */
function packageAddress(name: string): string {
  try {
    return pathToFileURL(createRequire(join(process.cwd(), 'package.json')).resolve(name)).href;
  } catch {
    return name;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isLayer = (value: unknown): value is LayerFactory<never> =>
  typeof value === 'function' && 'definition' in value && isRecord(value.definition) && typeof value.definition.type === 'string';
const isOptimizer = (value: unknown): value is AnyOptimizerFactory =>
  typeof value === 'function' && 'kind' in value && value.kind === 'optimizer';
