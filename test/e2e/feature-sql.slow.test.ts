import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRandom, type Random } from '../../core/random.ts';
import { featureQuery } from '../../lake/feature-sql/query.ts';
import { tablesOf } from '../../lake/tables.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import { LakeSql } from '../../local/sql/lake-sql.ts';
import { temporaryFolder } from './folder.ts';
import { PAYMENTS, run } from './runs.ts';

const START_MS = Date.parse('2026-01-01T00:00:00Z');
const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;

interface Sent {
  readonly arrivalMs: number;
  readonly event: object;
}

/** Customers pay in bursts, and what they pay arrives up to five minutes late, some of it later than is allowed. */
function burst(random: Random, first: number): Sent[] {
  const startMs = START_MS + random.below(12 * 24 * 20) * 3 * MINUTE_MS;
  const customer_id = `c${random.below(6)}`;
  return Array.from({ length: 1 + random.below(7) }, (_, i) => paid(random, { customer_id, startMs, id: first + i })).flat();
}

function paid(
  random: Random,
  { customer_id, startMs, id }: { readonly customer_id: string; readonly startMs: number; readonly id: number },
): Sent[] {
  const timeMs = startMs + random.below(8) * 30_000;
  const maybe = (fields: object, share: number): object => (random.chance(share) ? fields : {});
  const who = { customer_id, terminal_id: `t${random.below(3)}`, ...maybe({ merchant_id: `m${random.below(2)}` }, 0.7) };
  const event = {
    ...{ type: 'transaction', event_id: `p${id}`, event_time: timeOf(timeMs), ...who, currency: random.pick(['EUR', 'EUR', 'JPY']) },
    amount: String(random.chance(0.1) ? 300 + random.below(900) : 1 + random.below(60)),
    ...maybe({ device_id: `d${random.below(3)}` }, 0.7),
    ...maybe({ country: random.pick(['DE', 'FR']) }, 0.8),
    ...maybe({ channel: random.pick(['online', 'atm', 'pos']) }, 0.9),
    ...maybe({ approved: random.chance(0.6) }, 0.8),
    ...maybe({ payee_id: `y${random.below(2)}` }, 0.4),
    ...maybe({ terminal_lat: random.pick(['52.5', '48.137154']), terminal_lon: random.pick(['13.4', '-0.1276']) }, 0.8),
  };
  const knownMs = timeMs + random.pick([1, 2, 7]) * DAY_MS;
  const label = {
    ...{ type: 'label', event_id: `l${id}`, event_time: timeOf(knownMs), transaction_id: `p${id}`, transaction_time: timeOf(timeMs) },
    ...{ ...who, fraud: random.chance(0.5) },
  };
  const lateMs = random.chance(0.05) ? 30 * MINUTE_MS : random.below(5 * MINUTE_MS);
  return [
    { arrivalMs: timeMs + lateMs, event },
    { arrivalMs: knownMs + random.below(5 * MINUTE_MS), event: label },
  ];
}

const timeOf = (ms: number): string => new Date(ms).toISOString();

test('the SQL of every shipped feature gives what the stream decided with, whatever the order in which events arrived', async () => {
  const folder = temporaryFolder();
  const input = join(folder, 'history.ndjson');
  const random = createRandom(5);
  const sent = Array.from({ length: 90 }, (_, i) => burst(random, i * 10)).flat();
  const inOrder = sent.toSorted((a, b) => a.arrivalMs - b.arrivalMs);
  writeFileSync(input, `${inOrder.map(({ event }) => JSON.stringify(event)).join('\n')}\n`);
  const data = join(folder, 'data');
  const { report } = await run(input, data);
  expect(report.late).toBeGreaterThan(2);
  const { pipeline } = await loadPipeline(PAYMENTS);
  const sql = await LakeSql.open({ lakeDir: join(data, 'lake'), tables: tablesOf(pipeline) });
  try {
    const { rows } = await sql.query("SELECT event_id, features FROM decisions WHERE lane = 'accepted'");
    const decided = new Map(rows.map(([id, features]) => [String(id), JSON.parse(String(features)) as Record<string, number | null>]));
    const constant: string[] = [];
    for (const name of Object.keys(pipeline.features)) {
      const answer = await sql.query(featureQuery(pipeline, name));
      const said = new Map(answer.rows.map((row) => [String(row[0]), row[3] === null ? null : Number(row[3])]));
      expect(said.size, name).toBe(decided.size);
      const wrong = [...decided].filter(([id, values]) => !isClose(said.get(id), values[name]));
      expect(
        wrong.map(([id, values]) => [id, values[name], said.get(id)]),
        name,
      ).toEqual([]);
      if (new Set(said.values()).size < 3) constant.push(name);
    }
    expect(constant).toEqual([]);
    await expectPart(
      sql,
      decided,
      featureQuery(pipeline, 'terminal_run_28d', { fromMs: START_MS + 9 * DAY_MS, toMs: START_MS + 11 * DAY_MS }),
    );
  } finally {
    await sql.close();
  }
}, 120_000);

/** A range asks for its own events only, over the same history. */
async function expectPart(sql: LakeSql, decided: ReadonlyMap<string, Record<string, number | null>>, text: string): Promise<void> {
  const { rows } = await sql.query(text);
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.length).toBeLessThan(decided.size / 3);
  for (const row of rows) expect([row[0], Number(row[3])]).toEqual([row[0], decided.get(String(row[0]))?.['terminal_run_28d']]);
}

/** Equal but for what doubles lose. */
function isClose(a: number | null | undefined, b: number | null | undefined): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return a === b;
  return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));
}
