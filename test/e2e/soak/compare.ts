import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pipeline } from '../../../core/definition/pipeline.ts';
import { dataFolder } from '../../../local/runtime/folder.ts';
import { lakeRows } from '../compare.ts';
import type { Truth } from './truth.ts';
import { compareWindows } from './windows.ts';

/** How a lake differs from the truth; all zero if it does not. */
export interface Differences {
  /** Events, decisions and bad records that are not there. */
  readonly lost: number;
  /** Rows beyond one for each event, decision, alert. */
  readonly repeated: number;
  /** Rows that say something else than the truth, or of nothing that was sent. */
  readonly wrongRows: number;
}

/** A lake and the truth about it. */
export interface Compared {
  readonly dataDir: string;
  readonly pipeline: Pipeline;
  readonly truth: Truth;
}

const NONE: Differences = { lost: 0, repeated: 0, wrongRows: 0 };
const WAIT_MS = 60_000;
const LOOK_MS = 300;

const COUNTS = {
  transactions: 'SELECT count(*), count(DISTINCT event_id), coalesce(sum(amount_minor), 0) FROM transactions',
  labels: 'SELECT count(*), count(DISTINCT event_id) FROM labels',
  decisions: 'SELECT count(*), count(DISTINCT event_id) FROM decisions',
  alerts: 'SELECT count(*), count(DISTINCT alert_id) FROM alerts',
  late: 'SELECT count(*), count(*) FROM late_events',
  quarantine: 'SELECT count(DISTINCT data), count(DISTINCT data) FROM quarantine',
};

/** Waits until the counts of the lake equal the truth; what still differs when a minute has passed. */
export async function differencesWhenSettled(compared: Compared): Promise<Differences> {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const found = await countDifferences(compared);
    if (found.lost + found.repeated + found.wrongRows === 0 || Date.now() > end) return found;
    await sleep(LOOK_MS);
  }
}

async function countDifferences({ dataDir, pipeline, truth }: Compared): Promise<Differences> {
  const rows = await lakeRows(dataFolder(dataDir).lake, pipeline, COUNTS);
  const found = (name: keyof typeof COUNTS): readonly number[] => (rows[name]?.[0] ?? []).map(Number);
  const of = (name: keyof typeof COUNTS, expected: number): Differences => {
    const [all = 0, distinct = 0] = found(name);
    return { lost: Math.max(0, expected - distinct), repeated: all - distinct, wrongRows: Math.max(0, distinct - expected) };
  };
  const [alerts = 0, distinctAlerts = 0] = found('alerts');
  return [
    of('transactions', truth.payments.length),
    of('labels', truth.labels.size),
    of('decisions', truth.payments.length),
    of('late', 0),
    of('quarantine', truth.bad.size),
    { lost: 0, repeated: alerts - distinctAlerts, wrongRows: found('transactions')[2] === truth.sumMinor ? 0 : 1 },
  ].reduce(plus, NONE);
}

/** Compares every id, every amount, every decision and alert's event, every kept byte and every window row with the truth. */
export async function differencesOfRows(compared: Compared): Promise<Differences> {
  const { dataDir, pipeline, truth } = compared;
  const { lake } = dataFolder(dataDir);
  const rows = await lakeRows(lake, pipeline, {
    transactions: 'SELECT event_id, amount_minor, customer_id, terminal_id, epoch_ms(event_time) FROM transactions',
    labels: 'SELECT event_id FROM labels',
    decisions: 'SELECT event_id FROM decisions',
    quarantine: 'SELECT DISTINCT decode(data) FROM quarantine',
    strangers: 'SELECT event_id FROM alerts WHERE event_id NOT IN (SELECT event_id FROM transactions)',
  });
  const ids = truth.payments.map(({ id }) => [id]);
  const payments = truth.payments.map(({ id, amountMinor, customer, terminal, timeMs }) => [id, amountMinor, customer, terminal, timeMs]);
  const path = join(dataDir, 'truth.csv');
  writeFileSync(path, truth.csv());
  const wrongWindows = await compareWindows(lake, pipeline, path);
  rmSync(path);
  return [
    setDifferences(rows['transactions'] ?? [], payments),
    setDifferences(
      rows['labels'] ?? [],
      [...truth.labels].map((id) => [id]),
    ),
    setDifferences(rows['decisions'] ?? [], ids),
    setDifferences(
      rows['quarantine'] ?? [],
      [...truth.bad].map((text) => [text]),
    ),
    setDifferences(rows['strangers'] ?? [], []),
    { ...NONE, wrongRows: wrongWindows },
  ].reduce(plus, NONE);
}

function setDifferences(found: readonly (readonly unknown[])[], expected: readonly (readonly unknown[])[]): Differences {
  const wanted = new Set(expected.map((row) => row.join('|')));
  const seen = new Set(found.map((row) => row.join('|')));
  return {
    lost: [...wanted].filter((row) => !seen.has(row)).length,
    repeated: found.length - seen.size,
    wrongRows: [...seen].filter((row) => !wanted.has(row)).length,
  };
}

/** Adds up. */
export function plus(a: Differences, b: Differences): Differences {
  return { lost: a.lost + b.lost, repeated: a.repeated + b.repeated, wrongRows: a.wrongRows + b.wrongRows };
}
