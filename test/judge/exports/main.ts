import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Flags, noPositionals, readFlags } from '../../../cli/flags.ts';
import { countText } from '../../../cli/output.ts';
import { UsageError } from '../../../core/errors.ts';
import { installReaders, readersFolder } from './install.ts';
import { judge } from './judge.ts';

const FLAGS = {
  'or-leave-out': { kind: 'switch', help: 'leave it out where the readers cannot be installed' },
  payments: { kind: 'whole', value: 'N', help: 'payments of the lake', fallback: 600, min: 100, max: 100_000 },
} as const satisfies Flags;

const HELP = `npm run judge:exports -- [--or-leave-out] [--payments N]

Exports a small lake and a table of edge values with headrace query as Arrow, Parquet, CSV and JSON, has pandas (with pyarrow), Polars
and DuckDB read each, Arrow from a pipe too, and compares every cell with what the engine says. Planted differences must be seen. The
first call installs the readers (Python 3.11 with venv; 600 MB) into ${readersFolder({})}, or below XDG_CACHE_HOME.

  --or-leave-out   leave it out, with exit code 0, where the readers cannot be installed
  --payments N     payments of the lake: ${FLAGS.payments.fallback}

Exit codes: 0 all cells are equal and every planted difference was seen, 1 otherwise, 2 bad usage.
`;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const { flags, positionals } = readFlags(FLAGS, args);
  noPositionals(positionals, FLAGS);
  const python = await installReaders(readersFolder(process.env)).catch((error: unknown) => {
    if (!flags['or-leave-out']) throw error;
    process.stdout.write(`LEFT OUT: the judgement of exports, since its readers could not be installed: ${firstLine(error)}\n`);
    return undefined;
  });
  if (python === undefined) return 0;
  const folder = mkdtempSync(join(tmpdir(), 'headrace-exports-'));
  try {
    const { faults, answers, cells, planted, seen } = await judge(python, folder, flags.payments);
    for (const fault of faults) process.stdout.write(`${fault}\n`);
    process.stdout.write(
      `${countText(cells)} cells of ${answers} answers are equal, ${faults.length} faults; ${seen} of ${planted} planted differences were seen\n`,
    );
    return faults.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`npm run judge:exports: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
