import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Flags, noPositionals, readFlags } from '../../../cli/flags.ts';
import { UsageError } from '../../../core/errors.ts';
import { LONG_PLACES, PLACES } from './places.ts';
import { runCards } from './run.ts';

const FLAGS = {
  events: { kind: 'whole', value: 'N', help: 'events to send', fallback: 1_000_000, min: 1_000, max: 100_000_000 },
  json: { kind: 'switch', help: 'one line of JSON instead of text' },
} as const satisfies Flags;

const HELP = `npm run cards -- [--events N] [--json]

Sends payments through the pipeline, one in five with a card number in one of ${Object.keys({ ...PLACES, ...LONG_PLACES }).length} places, and looks for the numbers in all that
the pipeline keeps or prints: Parquet, kept bytes, state, delivery, answers of commands, messages.

  --events N   events to send: ${FLAGS.events.fallback}
  --json       one line of JSON instead of text

Exit codes: 0 no number found and every event judged right, 1 otherwise, 2 bad usage.
`;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const { flags, positionals } = readFlags(FLAGS, args);
  noPositionals(positionals, FLAGS);
  const folder = mkdtempSync(join(tmpdir(), 'headrace-cards-'));
  try {
    const report = await runCards(folder, flags.events);
    process.stdout.write(
      flags.json
        ? `${JSON.stringify(report)}\n`
        : `${Object.entries(report)
            .map(([name, value]) => `${name.padEnd(14)} ${String(value)}`)
            .join('\n')}\n`,
    );
    return report.leaks === 0 && report.misjudged === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`npm run cards: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
