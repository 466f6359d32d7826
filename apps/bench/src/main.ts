import { CnnError, option } from '@cnn/tensor';
import { Command, CommanderError, Option } from 'commander';
import { names, number, numbers } from './arguments.js';
import { measureBundle } from './bundle.js';
import { runAlone } from './modes/alone.js';
import { printJson, type Settings, tell } from './modes/settings.js';
import { runVersus } from './modes/versus.js';
import { peerNames } from './peers/peers.js';
import { bundleText, startUpText } from './report.js';
import { measureStartUp } from './startup.js';

interface Flags extends Settings {
  readonly startup?: boolean;
  readonly bundle?: boolean;
}

const program = new Command('bench')
  .description('Time the items of the published comparison, alone or in turns with a peer.')
  .option('--only <names>', 'items, or whole words at their beginning, as sgemm,conv-i', names, [])
  .option('--threads <counts>', 'how many threads, as 1,2', numbers(option.count), [1])
  .addOption(new Option('--build <name>', 'which build of the kernels').choices(['simd', 'relaxed']))
  .addOption(new Option('--convolution <mode>', 'which algorithms of convolution').choices(['fast', 'exact']))
  .option('--budget <ms>', 'how long to measure: an item (default 1000), or a turn with --vs (300)', number(option.positive))
  .option('--peak <gflops>', 'GFLOP/s of a core in place of the measured', number(option.positive))
  .addOption(new Option('--vs <peer>', 'compare with a peer, pair by pair').choices(peerNames))
  .option('--pairs <n>', 'turns of each with --vs', number(option.count), 7)
  .option('--python <path>', 'a Python with PyTorch', 'python3')
  .addOption(new Option('--isa <name>', 'the widest instructions that PyTorch may use (default: all)').choices(['avx2']))
  .addOption(new Option('--startup', 'time until the backend is ready').conflicts(['bundle', 'vs']))
  .addOption(new Option('--bundle', 'size of a page that trains LeNet-5').conflicts('vs'))
  .option('--json', 'print one line of JSON')
  .exitOverride()
  .showHelpAfterError()
  .action(run);

async function run({ startup, bundle, ...settings }: Flags): Promise<void> {
  if (startup) {
    const result = measureStartUp();
    tell(settings, startUpText(result));
    if (settings.json) printJson(result);
  } else if (bundle) {
    const result = await measureBundle();
    tell(settings, bundleText(result));
    if (settings.json) printJson(result);
  } else if (settings.vs) await runVersus(settings.vs, settings);
  else await runAlone(settings);
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    const text = error instanceof CnnError ? error.message : String((error as Error).stack);
    process.stderr.write(`bench: ${text.replace(/^bench: /, '')}\n`);
    process.exitCode = 1;
  }
}
