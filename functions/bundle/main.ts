import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from '../../core/errors.ts';
import { type BuiltFunction, buildFunctions } from './build.ts';
import { importCpuMs } from './import-cpu.ts';

const root = resolve(import.meta.dirname, '../..');
const OUT_DIR = join('.headrace', 'functions');

const HELP = `Builds the functions for Lambda into ${OUT_DIR}/PIPELINE/ and prints what they weigh.

  node functions/bundle/main.ts [--pipeline NAME] [--no-cpu] [--quiet]

  --pipeline NAME  folder in pipelines/ whose definition and rules go in (each of them)
  --no-cpu         do not measure the CPU of imports
  --quiet          print nothing
`;

/** Builds, and prints a table for each pipeline. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      pipeline: { type: 'string' },
      cpu: { type: 'boolean', default: true },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
    allowNegative: true,
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  for (const pipeline of values.pipeline === undefined ? pipelinesIn(root) : [values.pipeline]) {
    const built = await buildFunctions({ root, pipeline, outDir: join(root, OUT_DIR, pipeline) });
    if (!values.quiet) await print(built, values.cpu);
  }
}

/** Folders of pipelines that can be deployed. */
function pipelinesIn(dir: string): string[] {
  const folders = readdirSync(join(dir, 'pipelines'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map(({ name }) => name).filter((name) => existsSync(join(dir, 'pipelines', name, 'pipeline.ts')));
}

async function print(built: readonly BuiltFunction[], isTimed: boolean): Promise<void> {
  const lines = [['function', 'start bytes', 'later bytes', 'native bytes', 'import CPU ms', 'clients']];
  for (const one of built) lines.push(await lineOf(one, isTimed));
  const widths = (lines[0] ?? []).map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  for (const line of lines)
    process.stdout.write(
      `${line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
}

async function lineOf(
  { service, dir, startBytes, laterBytes, nativeBytes, startClients, laterClients }: BuiltFunction,
  isTimed: boolean,
): Promise<string[]> {
  const cpu = isTimed ? (await importCpuMs(join(dir, 'index.mjs'))).toFixed(0) : '-';
  const later = laterClients.map((name) => `(${name})`);
  return [service, String(startBytes), String(laterBytes), String(nativeBytes), cpu, [...startClients, ...later].join(' ')];
}

try {
  await main();
} catch (error) {
  const isUsage = error instanceof UsageError || (error instanceof TypeError && 'code' in error);
  if (!isUsage) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
