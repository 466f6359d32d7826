import { appendFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lastLine, useCommand } from './command.js';
import { tinyModel, writeTiny } from './tiny-data.js';

const used = useCommand();
const train = (...args: string[]) => used.command.run(used.dir, 'train', ...args);
const file = (...path: string[]) => readFile(join(used.dir, ...path));
const wait = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds));

/** The history without its times. */
const figures = async (out: string): Promise<string[]> =>
  (await file(out, 'history.csv'))
    .toString()
    .split('\n')
    .map(line => line.split(',').slice(0, 6).join());

/** Waits until a run has saved something. */
async function untilSaved(out: string): Promise<void> {
  const saved = (): Promise<string[]> => readdir(join(used.dir, out, 'checkpoints')).catch(() => []);
  while (!(await saved()).some(name => name.endsWith('.safetensors'))) await wait(10);
}

/** Every file below a folder: when it was changed, and what is in it. */
async function contents(dir: string): Promise<Record<string, [number, string]>> {
  const names = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = names.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.map(async path => [path, [(await stat(path)).mtimeMs, (await readFile(path)).toString('latin1')]])),
  );
}

describe('cnn train --resume', () => {
  it('ends in the same bits after the process was killed again and again', { timeout: 300_000 }, async () => {
    const tiny = [...(await writeTiny(used.dir)), '--epochs', '40', '--checkpoint-steps', '4'];
    expect((await train(...tiny, '--out', 'whole', '--json')).code).toBe(0);

    const killed: string[] = [];
    for (let kills = 0; ; ) {
      const { child, done } = used.command.start(used.dir, ['train', ...tiny, '--out', 'killed', '--resume']);
      // The first time at once after something was saved, then anywhere, also while it starts.
      const strike = kills === 0 ? untilSaved('killed') : wait(kills < 6 ? 250 + 1200 * Math.random() : 1e9);
      const first = await Promise.race([done, strike]);
      if (!first) child.kill('SIGKILL');
      const { code, stdout, stderr } = await done;
      killed.push(`${code} ${stdout}${stderr}`);
      if (code === 0) break;
      kills++;
    }
    expect(killed.length).toBeGreaterThan(1);
    expect(killed[1]).toContain('going on from killed/checkpoints/step-');
    expect(killed.join('\n')).not.toContain('damaged');
    expect((await file('killed', 'model.safetensors')).equals(await file('whole', 'model.safetensors')), killed.join('\n')).toBe(
      true,
    );
    expect(await figures('killed')).toEqual(await figures('whole'));
    const result = async (out: string) => {
      const { seconds: _, imagesPerSecond: __, out: ___, ...rest } = JSON.parse((await file(out, 'result.json')).toString());
      return rest;
    };
    expect(await result('killed')).toEqual(await result('whole'));
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'goes on after %s, which ends the run with a word',
    { timeout: 120_000 },
    async signal => {
      const tiny = [...(await writeTiny(used.dir)), '--epochs', '30', '--out', 'out'];
      const { child, done } = used.command.start(used.dir, ['train', ...tiny]);
      await untilSaved('out');
      child.kill(signal);
      const stopped = await done;
      expect(stopped).toMatchObject({
        code: 1,
        signal: null,
        stderr: 'cnn: interrupted; the same command with --resume goes on from here\n',
      });
      expect(await readdir(join(used.dir, 'out'))).not.toContain('model.safetensors');
      const { code, stdout } = await train(...tiny, '--resume');
      expect(code).toBe(0);
      expect(stdout).toContain('\ngoing on from out/checkpoints/step-');
      expect((await train(...tiny.slice(0, -1), 'whole', '--json')).code).toBe(0);
      expect((await file('out', 'model.safetensors')).equals(await file('whole', 'model.safetensors'))).toBe(true);
      expect(await figures('out')).toEqual(await figures('whole'));
    },
  );

  it('starts over where there is no checkpoint, and says so', async () => {
    const tiny = [...(await writeTiny(used.dir)), '--epochs', '1', '--out', 'out', '--json'];
    const { code, stderr } = await train(...tiny, '--resume');
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'cnn: no complete checkpoint in out; starting over\n' });
    expect((await train(...tiny.slice(0, -2), 'plain', '--json')).code).toBe(0);
    expect((await file('out', 'model.safetensors')).equals(await file('plain', 'model.safetensors'))).toBe(true);
  });

  it('leaves out damaged checkpoints, and says so', async () => {
    const tiny = [...(await writeTiny(used.dir)), '--epochs', '3', '--out', 'out'];
    await train(...tiny);
    const weights = await file('out', 'model.safetensors');
    await rm(join(used.dir, 'out', 'result.json'));
    const newest = join('out', 'checkpoints', 'step-00000018.safetensors');
    await writeFile(join(used.dir, newest), (await file(newest)).subarray(0, 3000));
    const { code, stdout, stderr } = await train(...tiny, '--resume');
    expect(stderr).toBe(`cnn: left out a damaged checkpoint: ${newest} at byte 3000: ${stderr.split('at byte 3000: ')[1]}`);
    expect(stdout).toContain('going on from out/checkpoints/step-00000012.safetensors');
    // Two epochs of six steps are done.
    expect(stdout.match(/^epoch \d+/gm)).toEqual(['epoch 3']);
    expect(code).toBe(0);
    expect((await file('out', 'model.safetensors')).equals(weights)).toBe(true);
  });

  it('refuses a result that says nothing', async () => {
    const tiny = [...(await writeTiny(used.dir)), '--epochs', '1', '--out', 'out'];
    await train(...tiny);
    await writeFile(join(used.dir, 'out', 'result.json'), '{}');
    const { code, stderr } = await train(...tiny, '--resume', '--json');
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'cnn: out/result.json: it does not say what the run came to\n' });
  });

  it('changes nothing in a finished run, and prints the same result', async () => {
    const tiny = [...(await writeTiny(used.dir)), '--epochs', '1', '--out', 'out'];
    const first = await train(...tiny, '--json');
    const before = await contents(used.dir);
    const second = await train(...tiny, '--resume', '--json');
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(lastLine(second.stdout)).toEqual(lastLine(first.stdout));
    expect((await train(...tiny, '--resume')).stdout).toBe('the run in out is finished; nothing to do\n');
    expect(await contents(used.dir)).toEqual(before);
  });

  it.each([
    ['epochs', ['--epochs', '3'], 'its epochs is 2, here 3'],
    ['a learning rate', ['--lr', '0.5'], 'its optimizer.learningRate is 0.002, here 0.5'],
    ['a seed', ['--seed', '1'], 'its seed is 0, here 1'],
    ['a limit', ['--limit', '30'], 'its images is 60, here 30'],
    ['a model', ['--model', 'other.json'], "its model.model.layers.2.type is 'relu', here 'flatten'"],
  ])('refuses the run of other arguments, finished or not, and changes nothing: %s', async (_, other, message) => {
    const tiny = [...(await writeTiny(used.dir)), '--epochs', '2', '--out', 'out'];
    await writeFile(
      join(used.dir, 'other.json'),
      JSON.stringify({ ...tinyModel, model: { ...tinyModel.model, layers: tinyModel.model.layers.toSpliced(2, 1) } }),
    );
    await train(...tiny);
    for (const state of ['finished', 'started']) {
      if (state === 'started') await rm(join(used.dir, 'out', 'result.json'));
      const before = await contents(used.dir);
      const { code, stderr } = await train(...tiny, ...other, '--resume');
      expect(code).toBe(1);
      expect(stderr).toContain(`cnn: cannot resume: the run in out is another one: ${message}`);
      expect(stderr).toContain('Choose another --out, or start over without --resume');
      expect(await contents(used.dir)).toEqual(before);
    }
  });

  it('warns if the build of the kernels differs', async () => {
    const tiny = [...(await writeTiny(used.dir)), '--epochs', '1', '--out', 'out', '--json'];
    expect((await train(...tiny, '--backend', 'cpu:relaxed')).code).toBe(0);
    await rm(join(used.dir, 'out', 'result.json'));
    const { code, stderr } = await train(...tiny, '--backend', 'cpu:simd', '--resume');
    expect(stderr).toBe(
      'cnn: the run began with build relaxed and goes on with simd; the result will differ in its last digits\n',
    );
    expect(code).toBe(0);
  });

  it.each(['result.json', 'run.json'])('says so where %s is damaged', async name => {
    const tiny = [...(await writeTiny(used.dir)), '--epochs', '1', '--out', 'out'];
    await train(...tiny);
    await appendFile(join(used.dir, 'out', name), '}');
    const { code, stderr } = await train(...tiny, '--resume');
    expect(stderr).toMatch(new RegExp(`^cnn: out/${name}: is not JSON: `));
    expect(code).toBe(1);
  });

  it('says so where the checkpoints are no folder', async () => {
    const tiny = [...(await writeTiny(used.dir)), '--out', 'out'];
    await mkdir(join(used.dir, 'out'));
    await writeFile(join(used.dir, 'out', 'checkpoints'), '');
    const { code, stderr } = await train(...tiny, '--resume');
    expect(stderr).toMatch(/^cnn: out\/checkpoints: cannot be read \(ENOTDIR/);
    expect(code).toBe(1);
  });
});
