import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Flags, noPositionals, readFlags } from '../../../cli/flags.ts';
import { UsageError } from '../../../core/errors.ts';
import { createRandom } from '../../../core/random.ts';
import { loadPipeline } from '../../../local/pipeline.ts';
import { freePort } from '../port.ts';
import { type DiskReport, fillDisk } from './disk.ts';
import { type KillsReport, killUp } from './kills.ts';
import { type RestartReport, timeRestart } from './restart.ts';

/** Kills from which on the restart is measured with all of its events. */
const WHOLE_KILLS = 200;
const OPEN_EVENTS = 1_000_000;
const OPEN_EVENTS_SHORT = 100_000;
const RESTART_MS_MAX = 2_000;

const FLAGS = {
  kills: { kind: 'whole', value: 'N', help: 'times to kill', fallback: WHOLE_KILLS, min: 1, max: 100_000 },
  seed: { kind: 'whole', value: 'S', help: 'seed of load and moments', fallback: 1, min: 0, max: Number.MAX_SAFE_INTEGER },
  json: { kind: 'switch', help: 'one line of JSON instead of text' },
} as const satisfies Flags;

const HELP = `npm run soak -- [--kills N] [--seed S] [--json]

Runs headrace up under load and kills it with kill -9 again and again, also while it starts; tears the ends of its files; lets it fill a
small disk (where one can be mounted); and compares its lake with what was sent each time: counts and sums after every kill, every row
and every window after every tenth. Last, it measures a restart with open windows.

  --kills N   times to kill: ${WHOLE_KILLS}; below that the restart is measured with ${OPEN_EVENTS_SHORT} open events instead of ${OPEN_EVENTS}
  --seed S    seed of load and moments: 1; the machine's own timing is not seeded
  --json      one line of JSON instead of text

Exit codes: 0 nothing lost, repeated or wrong, and a restart below ${RESTART_MS_MAX} ms; 1 otherwise; 2 bad usage.
`;

interface Soak {
  readonly kills: KillsReport;
  readonly disk: DiskReport;
  readonly restart: RestartReport;
}

/** The line that ends a soak. */
function summaryOf({ kills, disk, restart }: Soak, options: { readonly kills: number; readonly seed: number }) {
  const onDisk = 'leftOut' in disk ? { lost: 0, repeated: 0, wrongRows: 0, eventsSent: 0 } : disk;
  return {
    kills: options.kills,
    torn: kills.torn,
    full_disk: 'leftOut' in disk ? `left out: ${disk.leftOut}` : disk.isSaid && disk.isBalanced ? 'ok' : 'failed',
    events_sent: kills.eventsSent + onDisk.eventsSent,
    lost: kills.lost + onDisk.lost,
    repeated: kills.repeated + onDisk.repeated,
    wrong_rows: kills.wrongRows + onDisk.wrongRows,
    ledger_balances: kills.isBalanced,
    restart_ms: restart.restartMs,
    open_events: restart.openEvents,
    rss_mb_max: Math.max(kills.rssMbMax, restart.rssMbMax),
    seed: options.seed,
  };
}

function isGood(summary: ReturnType<typeof summaryOf>): boolean {
  const { lost, repeated, wrong_rows, ledger_balances, full_disk, restart_ms } = summary;
  return lost + repeated + wrong_rows === 0 && ledger_balances && full_disk !== 'failed' && restart_ms < RESTART_MS_MAX;
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const { flags, positionals } = readFlags(FLAGS, args);
  noPositionals(positionals, FLAGS);
  const { kills: count, seed } = flags;
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const folder = mkdtempSync(join(tmpdir(), 'headrace-soak-'));
  const random = createRandom(seed);
  try {
    const { pipeline } = await loadPipeline('pipelines/payments');
    const port = await freePort();
    const kills = await killUp({ dataDir: join(folder, 'killed'), port, pipeline, kills: count, random, say });
    const disk = await fillDisk({ folder: join(folder, 'disk'), port, pipeline, random });
    say('leftOut' in disk ? `LEFT OUT: full disk: ${disk.leftOut}` : `full disk: ${JSON.stringify(disk)}`);
    const restart = await timeRestart(folder, port, count < WHOLE_KILLS ? OPEN_EVENTS_SHORT : OPEN_EVENTS);
    const summary = summaryOf({ kills, disk, restart }, { kills: count, seed });
    const lines = Object.entries(summary).map(([name, value]) => `${name.padEnd(15)} ${value}`);
    process.stdout.write(`${flags.json ? JSON.stringify(summary) : lines.join('\n')}\n`);
    return isGood(summary) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`npm run soak: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
