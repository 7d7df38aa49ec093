import { readFileSync, writeFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

const FOLDER = new URL('../../core/scan/', import.meta.url);
const OPTIONS = ['-O3', '--runtime', 'stub', '--enable', 'simd', '--noAssert', '--initialMemory', '8'];

/** Compiles the scanner: its WebAssembly module. Throws with the compiler's messages if it does not compile. */
export async function buildScanner(): Promise<Uint8Array> {
  let module: Uint8Array | undefined;
  const { error, stderr } = await asc.main(['scanner.ts', '--outFile', 'scanner.wasm', ...OPTIONS], {
    // The sources are not TypeScript, whatever the compiler would like to call them.
    readFile: (name) => readSource(name),
    writeFile: (_name, contents) => {
      if (typeof contents !== 'string') module = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || module === undefined) throw new Error(`the scanner does not compile: ${stderr.toString()}`, { cause: error });
  return module;
}

function readSource(name: string): string | null {
  const isOurs = /^(scanner|values)\.ts$/.test(name);
  return isOurs ? readFileSync(new URL(name.replace(/ts$/, 'as'), FOLDER), 'utf8') : null;
}

/** The module as it stands in wasm.ts. */
export function wasmText(module: Uint8Array): string {
  const lines =
    Buffer.from(module)
      .toString('base64')
      .match(/.{1,120}/g) ?? [];
  return [
    '// Built from scanner.as by `npm run build:scanner`.',
    '',
    '/** The scanner: a WebAssembly module, base64. */',
    `export const SCANNER = [\n${lines.map((line) => `  '${line}',`).join('\n')}\n].join('');\n`,
  ].join('\n');
}

if (import.meta.main) writeFileSync(new URL('wasm.ts', FOLDER), wasmText(await buildScanner()));
