import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { onTestFinished } from 'vitest';
import { HistoryReplay } from '../../../core/backtest/replay.ts';
import type { Pipeline } from '../../../core/definition/pipeline.ts';
import type { Event, FieldValue } from '../../../core/model.ts';
import { compilePlan } from '../../../core/plan.ts';
import { createRandom } from '../../../core/random.ts';
import { NOTHING } from '../../../core/rules/decision.ts';
import { DUCKDB_MACROS } from '../../../glue/macros.ts';
import { fieldColumn } from '../../../lake/columns.ts';
import { duckType } from '../../../lake/duck-types.ts';
import { partitionOf } from '../../../lake/names.ts';
import { quoteName, quoteText } from '../../../lake/sql-text.ts';
import { eventTableOf } from '../../../lake/tables.ts';

export type Values = Record<string, number | null>;

const START_MS = Date.parse('2026-01-01T00:00:00Z');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** At once, at an edge of tiles, and about as long as what explains frauds is remembered. */
const LABEL_DELAYS_MS = [0, 0, HOUR_MS, DAY_MS, 2 * DAY_MS, 51 * HOUR_MS, 3 * DAY_MS];

/** Payments of few keys that are crowded around edges of tiles, many at one moment, and what became known of them hours or days later. */
export function historyOf(seed: number, payments: number): Event[] {
  const random = createRandom(seed);
  const events: Event[] = [];
  const maybe = (name: string, value: FieldValue, share = 0.6): Record<string, FieldValue> =>
    random.chance(share) ? { [name]: value } : {};
  for (let i = 0; i < payments; i += 1) {
    const timeMs =
      START_MS + random.below(6) * DAY_MS + random.below(8) * 3 * 60 * MINUTE_MS + random.pick([-1, 0, 0, 1, 59_999, 60_000, 754_321]);
    // Ids are no longer in the order of time.
    const who = { customer: `c${random.below(3)}`, ...maybe('terminal', `t${random.below(2)}`, 0.9) };
    const id = `p${(i * 7_919) % 1_000}`;
    const place = random.chance(0.7)
      ? { lat: random.pick([0, 52_500_000, -89_999_999, 52_500_001]), lon: random.pick([0, 179_999_999, -180_000_000]) }
      : {};
    const payment = eventOf('payment', timeMs, id, {
      ...{ ...who, ...place, amount: random.pick([100, 100, 250, 999, 123_456]), currency: random.pick(['EUR', 'EUR', 'JPY']) },
      ...maybe('channel', random.pick(['web', 'atm', "o'ne"])),
      ...maybe('approved', random.chance(0.7)),
      ...maybe('items', random.below(4)),
      ...maybe('reading', random.pick([-150, 25, 75, 7_500])),
    });
    const knownMs = timeMs + random.pick(LABEL_DELAYS_MS);
    const known = { ...who, payment_id: id, payment_time: timeMs, fraud: random.chance(0.7) };
    const labels = random.chance(0.8) ? [eventOf('label', knownMs, `l${i}`, known)] : [];
    // A label may overtake its payment.
    events.push(...(random.chance(0.5) ? [payment, ...labels] : [...labels, payment]));
  }
  return events
    .map((event, i) => ({ event, i }))
    .sort((a, b) => a.event.timeMs - b.event.timeMs || a.i - b.i)
    .map(({ event }) => event);
}

function eventOf(type: string, timeMs: number, id: string, values: Record<string, FieldValue>): Event {
  return { type, id, timeMs, key: String(values['customer']), values: { event_id: id, event_time: timeMs, ...values } };
}

/** What the product's replay says of each judged event, by key and id. */
export function replayed(pipeline: Pipeline, events: readonly Event[]): Map<string, Values> {
  const found = new Map<string, Values>();
  const judge = (event: Event, features: Values) => {
    found.set(`${event.key} ${event.id}`, features);
    return NOTHING;
  };
  const rules = { version: '', rules: [], lists: [], judge, explain: () => ({}) as never };
  const replay = new HistoryReplay({ plan: compilePlan(pipeline), ruleSets: [rules], fromMs: 0, toMs: Number.MAX_SAFE_INTEGER });
  for (const event of events) replay.add(event, true);
  replay.finish(() => {});
  return found;
}

/** The events as the tables of a lake that took them in this order, in a database of its own. */
export async function lakeOf(pipeline: Pipeline, events: readonly Event[]): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:');
  const db = await instance.connect();
  onTestFinished(() => {
    db.closeSync();
    instance.closeSync();
  });
  for (const macro of DUCKDB_MACROS) await db.run(macro);
  for (const [type, spec] of Object.entries(pipeline.eventTypes)) {
    const columns = eventTableOf(spec).columns.map((column) => `${quoteName(column.name)} ${duckType(column.type)}`);
    await db.run(`CREATE TABLE ${spec.table} (${columns.join(', ')}, dt VARCHAR)`);
    const own = events.flatMap((event, i) => (event.type === type ? [rowSql(pipeline, event, i)] : []));
    for (const row of own) await db.run(`INSERT INTO ${spec.table} ${row}`);
  }
  return db;
}

function rowSql({ eventTypes }: Pipeline, { type, timeMs, values }: Event, place: number): string {
  const fields = eventTypes[type]?.fields ?? {};
  const at = (ms: FieldValue): string => `make_timestamp_ms(${ms})`;
  const cells: [string, string][] = Object.entries(values).map(([name, value]) => {
    const spec = fields[name];
    const column = spec === undefined ? name : fieldColumn(name, spec);
    if (spec?.kind === 'time' || name === 'event_time') return [column, at(value)];
    if (spec?.kind === 'fixed') return [column, `CAST(${value} AS DECIMAL(18, 0)) / ${10 ** spec.scale}`];
    return [column, typeof value === 'string' ? quoteText(value) : String(value)];
  });
  // Sequence numbers grow in length too.
  const more: [string, string][] = [
    ['lane', "'accepted'"],
    ['sequence', `'${place >> 1}'`],
    ['sub_sequence', String(place & 1)],
    ['dt', `'${partitionOf(timeMs).dt}'`],
  ];
  const all = [...cells, ...more];
  return `(${all.map(([name]) => quoteName(name)).join(', ')}) VALUES (${all.map(([, cell]) => cell).join(', ')})`;
}

/** What a query of a feature says of each judged event, by key and id. */
export async function asked(db: DuckDBConnection, sql: string): Promise<Map<string, number | null>> {
  const rows = (await db.runAndReadAll(sql)).getRowsJS();
  return new Map(rows.map(([id, , key, value]) => [`${key} ${id}`, value === null || value === undefined ? null : Number(value)]));
}
