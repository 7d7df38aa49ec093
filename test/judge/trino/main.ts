import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Flags, noPositionals, readFlags } from '../../../cli/flags.ts';
import { columnsText } from '../../../cli/output.ts';
import { UsageError } from '../../../core/errors.ts';
import { ESTIMATE_TOLERANCE } from './compare.ts';
import { installedTrino, installTrino, type TrinoInstall, trinoFolder } from './install.ts';
import { judge, type Verdict } from './judge.ts';
import { startTrino } from './server.ts';

const FLAGS = {
  'if-cached': { kind: 'switch', help: 'leave it out when the server is not on this machine yet' },
  payments: { kind: 'whole', value: 'N', help: 'payments of the lake', fallback: 5_000, min: 100, max: 1_000_000 },
  days: { kind: 'whole', value: 'N', help: 'days that they are spread over', fallback: 17, min: 1, max: 100 },
  seed: { kind: 'whole', value: 'S', help: 'seed of the payments', fallback: 1, min: 0, max: Number.MAX_SAFE_INTEGER },
  json: { kind: 'switch', help: 'one line of JSON instead of text' },
} as const satisfies Flags;

const HELP = `npm run judge:trino -- [--if-cached] [--payments N] [--days N] [--seed S] [--json]

Asks a real Trino, the engine inside Athena, and the engine of headrace query the same questions about one lake: every named query with
its text unchanged, the SQL of every feature, and every row of every view; first over the files that landed, then with hours swapped for their compacted
generations. All answers must be equal, estimates within ${ESTIMATE_TOLERANCE * 100} %; planted differences must be seen. The first call fetches the server
(about 900 MB on the way, 500 MB in the end) into ${trinoFolder({})}, or below XDG_CACHE_HOME.

  --if-cached    leave it out, with exit code 0, when the server is not there yet
  --payments N   payments of the lake: ${FLAGS.payments.fallback}
  --days N       days that they are spread over: ${FLAGS.days.fallback}
  --seed S       seed of the payments: ${FLAGS.seed.fallback}
  --json         one line of JSON instead of text

Exit codes: 0 all answers are equal and every planted difference was seen, 1 otherwise, 2 bad usage.
`;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const { flags, positionals } = readFlags(FLAGS, args);
  noPositionals(positionals, FLAGS);
  const home = trinoFolder(process.env);
  const installed = installedTrino(home);
  if (installed === undefined && flags['if-cached']) {
    process.stdout.write(`LEFT OUT: the judgement by Trino, since ${home} is not there; npm run judge:trino fetches it\n`);
    return 0;
  }
  const say = (text: string): void => {
    if (!flags.json) process.stdout.write(`${text}\n`);
  };
  const verdict = await judged(installed ?? (await installTrino(home, say)), { ...flags, say });
  if (flags.json) for (const fault of verdict.faults) process.stderr.write(`${fault}\n`);
  const { faults, reads, ...counts } = verdict;
  process.stdout.write(flags.json ? `${JSON.stringify(counts)}\n` : textOf(verdict));
  return faults.length === 0 ? 0 : 1;
}

/** Starts a server in a folder of its own, has it judge, and leaves nothing of either. */
async function judged(install: TrinoInstall, options: Parameters<typeof judge>[2]): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-trino-'));
  try {
    const server = await startTrino(install, folder);
    options.say('Trino answers.');
    try {
      return await judge(server.client, folder, options);
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function textOf({ queries, equal, different, swaps, planted, seen, faults, reads }: Verdict): string {
  const head = ['named query', 'rows', 'bytes read, landed', 'rows read', 'bytes read, swapped', 'rows read'];
  const table = reads.map(({ name, rows, landed, swapped }) => [
    name,
    rows,
    landed.physicalInputBytes,
    landed.physicalInputRows,
    swapped.physicalInputBytes,
    swapped.physicalInputRows,
  ]);
  const counts = { queries, equal, different, swaps, planted, seen };
  return [
    ...faults.map((fault) => `${fault}\n`),
    columnsText([head, ...table]),
    '\n',
    ...Object.entries(counts).map(([name, value]) => `${name.padEnd(10)} ${value}\n`),
  ].join('');
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`npm run judge:trino: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
