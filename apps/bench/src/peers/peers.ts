/** Whom we compare with, and how they are started. None of them is a dependency: `npm run bench:peers` installs them. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { OptionError, UsageError } from '@cnn/tensor';
import { inFolder } from '../folder.js';
import type { Command } from './pin.js';

interface PeerSettings {
  readonly threads: number;
  /** The Python that has PyTorch. */
  readonly python: string;
  /** The widest instructions that PyTorch may use; without it, all that the machine has. */
  readonly isa?: string;
}

const peers: Readonly<Record<string, (settings: PeerSettings) => Command>> = {
  tfjs: ({ threads }) => script('tfjs', '@tensorflow/tfjs-backend-wasm', [`${threads}`]),
  'ort-web': settings => onnxRuntime('web', settings),
  'ort-node': settings => onnxRuntime('node', settings),
  pytorch: ({ threads, python, isa }) => [python, inFolder('peers/pytorch.py'), `${threads}`, ...(isa ? [isa] : [])],
};

/** The names that `--vs` takes. */
export const peerNames: readonly string[] = Object.keys(peers);

/** The command that starts a peer. @throws {OptionError} for an unknown one. @throws {UsageError} for one that is not installed. */
export function peerCommand(name: string, settings: PeerSettings): Command {
  const make = Object.hasOwn(peers, name) ? peers[name] : undefined;
  if (!make) throw new OptionError('bench', '--vs', name, peerNames.join(', '));
  return make(settings);
}

function script(file: string, library: string, args: readonly string[]): Command {
  if (!existsSync(inFolder(`peers/node_modules/${library}`)))
    throw new UsageError(`bench: ${library} is not installed; run npm run bench:peers`);
  return [process.execPath, inFolder(`peers/${file}.mjs`), ...args];
}

/** The networks are written by PyTorch, once. */
function onnxRuntime(flavor: 'web' | 'node', { threads, python }: PeerSettings): Command {
  const command = script('onnxruntime', `onnxruntime-${flavor}`, [flavor, `${threads}`]);
  if (!existsSync(inFolder('peers/models/complete'))) {
    process.stderr.write('writing the ONNX models …\n');
    const { status, stderr, error } = spawnSync(python, [inFolder('peers/export_onnx.py')], { encoding: 'utf8' });
    if (status !== 0)
      throw new UsageError(
        `bench: ${python} cannot write the ONNX models; name a Python with torch by --python: ${error?.message ?? stderr.trim()}`,
      );
  }
  return command;
}
