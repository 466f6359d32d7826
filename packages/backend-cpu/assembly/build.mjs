/**
 * Compiles the kernels (`npm run build:wasm`): `index.ts` in two variants, `simd` and `relaxed`, each deflated and
 * embedded as base64 in `src/generated/<variant>.ts`, so that bundlers need no side file and compressed pages stay small.
 * `src/generated/exports.ts` types what the kernels take.
 *
 * A file `NAME.gen.mjs` exports `generate(relaxed)`, which gives AssemblyScript that the others import as `./generated/NAME`.
 * The text is kept in `generated/<variant>/NAME.ts` for reading.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import asc from 'assemblyscript/asc';

const assembly = dirname(fileURLToPath(import.meta.url));
const generated = join(assembly, '..', 'src', 'generated');

const variants = [];
for (const name of ['simd', 'relaxed']) variants.push({ name, ...(await compile(name)) });

for (const { name, wasm } of variants) {
  const deflated = deflateRawSync(wasm, { level: 9 });
  write(
    join(generated, `${name}.ts`),
    `/** The '${name}' build of the kernels: a WASM module, deflated, as base64. */\nexport const kernels =\n  '${deflated.toString('base64')}';\n`,
  );
  console.log(`${name}: ${wasm.length} bytes, ${deflated.length} deflated`);
}
write(join(generated, 'exports.ts'), declare(variants));

/** Compiles one variant: its bytes and the declarations of its exports. */
async function compile(variant) {
  const relaxed = variant === 'relaxed';
  const texts = new Map();
  for (const file of readdirSync(assembly).filter(file => file.endsWith('.gen.mjs')).sort()) {
    const name = file.slice(0, -'.gen.mjs'.length);
    const text = (await import(`./${file}`)).generate(relaxed);
    texts.set(`generated/${name}.ts`, text);
    write(join(assembly, 'generated', variant, `${name}.ts`), text);
  }
  const outputs = new Map();
  const { error, stderr } = await asc.main(
    [
      'index.ts', '--outFile', 'kernels.wasm', '--bindings', 'raw',
      '-O3', '--converge', '--noAssert', '--runtime', 'stub', '--importMemory', '--maximumMemory', '65536', '--use', 'abort=',
      '--enable', 'simd', ...(relaxed ? ['--enable', 'relaxed-simd'] : []),
    ],
    {
      readFile: name => texts.get(name) ?? readIfThere(join(assembly, name)),
      writeFile: (name, contents) => void outputs.set(name, contents),
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`${variant}: ${error.message}\n${stderr}`);
  return { wasm: outputs.get('kernels.wasm'), declarations: outputs.get('kernels.d.ts') };
}

/** An interface of the functions that both variants export. Names of parameters are the kernels' own. */
function declare(variants) {
  const [first, ...others] = variants.map(({ declarations }) => functionsOf(declarations));
  const members = [...first].filter(([name]) => others.every(other => other.has(name)));
  return `/** What the kernels' modules export. Pointers are bytes; one that comes back may be negative: use \`>>> 0\`. */\nexport interface KernelExports {\n${members.map(([name, signature]) => `  ${name}${signature};`).join('\n')}\n}\n`;
}

function functionsOf(declarations) {
  const found = declarations.matchAll(/export declare function (\w+)(\(.*?\): \w+);|export function (\w+)(\(.*?\): \w+);/g);
  return new Map([...found].map(([, name = '', signature = '', other, otherSignature]) => [other ?? name, otherSignature ?? signature]));
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Under a temporary name first, since another process may read the file at this moment. */
function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}
