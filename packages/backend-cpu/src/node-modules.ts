/** What this package uses of Node's own modules. */
export interface NodeModules {
  'node:buffer': { Buffer: { from(text: string, encoding: 'base64'): Uint8Array } };
  'node:v8': { setFlagsFromString(flags: string): void };
  'node:zlib': { inflateRawSync(deflated: Uint8Array): Uint8Array<ArrayBuffer> };
  'node:worker_threads': {
    Worker: new (
      source: string,
      options: { eval: true; workerData: unknown; execArgv: [] },
    ) => { unref(): void; terminate(): unknown };
  };
}

/** A module of Node's, or `undefined` where this is not Node. It is asked for when it is needed, since an import of it would keep the package from loading in browsers. */
export function nodeModule<K extends keyof NodeModules>(name: K): NodeModules[K] | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: K): NodeModules[K] | undefined } };
  return process?.getBuiltinModule?.(name);
}
