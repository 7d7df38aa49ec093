import type { Row } from '../../core/ports.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { tablesOf } from '../../lake/tables.ts';
import { expectedTables } from './oracle.ts';
import { BUILDS } from './pipeline.ts';
import { placeOf, type Tables, truthOf } from './truth.ts';
import type { World } from './world.ts';

/** What became of a schedule: how the lake differs from what the oracle says, and whether it came to an end. */
export interface ScheduleVerdict {
  /** Rows that the lake must have and has not. */
  readonly lost: readonly string[];
  /** Rows that the lake has and must not have, and alerts that subscribers were told of for nothing. */
  readonly repeated: readonly string[];
  /** Rows with another content, repeats that differ, ledgers that do not balance. */
  readonly wrong: readonly string[];
  readonly isStuck: boolean;
}

export function isRight({ lost, repeated, wrong, isStuck }: ScheduleVerdict): boolean {
  return lost.length + repeated.length + wrong.length === 0 && !isStuck;
}

const SCHEMAS = new Map(tablesOf(BUILDS[0].pipeline).map((table) => [table.name, table]));

function schemaOf(name: string): TableSchema {
  const schema = SCHEMAS.get(name);
  if (schema === undefined) throw new Error(`table ${name} is not in the pipeline`);
  return schema;
}

const EVENT = ['event_time', 'card', 'event_id'];
const PLACE = ['shard_id', 'place'];
const MEASURES = ['count', 'sum_minor', 'min_minor', 'max_minor', 'terminals'];
const JUDGED = ['lane', 'place', 'outcome', 'score', 'rules_fired', 'features', 'definition_version', 'tile_frontier'];

/** Columns that make the id of a row, and columns that are compared; the oracle has short names for two. */
const COMPARED: readonly (readonly [table: string, id: readonly string[], columns: readonly string[]])[] = [
  ['archive', PLACE, ['lane', 'watermark']],
  ['quarantine', PLACE, ['code']],
  ['late_events', PLACE, ['event_id', 'watermark']],
  ['payments', EVENT, ['lane', 'place', 'amount_minor', 'currency', 'terminal']],
  ['labels', EVENT, ['lane', 'place', 'fraud', 'terminal']],
  ['decisions', EVENT, JUDGED],
  ['alerts', ['event_time', 'alert_id'], ['place', 'outcome']],
  ['alert_deliveries', ['event_time', 'alert_id'], []],
  ['minute', ['currency', 'window_start', 'window_end'], MEASURES],
  ['sliding', ['currency', 'window_start', 'window_end'], MEASURES],
  ['hourly', ['terminal', 'currency', 'window_start', 'window_end'], MEASURES],
  ['runs', ['card', 'currency', 'window_start', 'window_end'], MEASURES],
];
const SHORT: Readonly<Record<string, string>> = { definition_version: 'version', tile_frontier: 'frontier' };

function shownOf(row: Row, column: string): unknown {
  if (column === 'place') return placeOf(row['sequence'], row['sub_sequence']);
  const value = row[column];
  if (Array.isArray(value)) return value.join();
  // Sums past 2^53 are text.
  return typeof value === 'boolean' || column === 'sum_minor' ? String(value) : value;
}

/** Compares the lake, the ledgers and what subscribers heard with the oracle. */
export function judge(world: World): ScheduleVerdict {
  const expected = expectedTables(truthOf(world));
  const lost: string[] = [];
  const repeated: string[] = [];
  const wrong: string[] = [];
  for (const [name, id, columns] of COMPARED) {
    const schema = schemaOf(name);
    const found = new Map<string, string>();
    for (const row of world.lake.view(schema)) {
      if (row['kind'] === 'context') continue;
      const key = id.map((column) => shownOf(row, column)).join('|');
      if (found.has(key)) repeated.push(`${name} ${key}`);
      found.set(key, canonical(Object.fromEntries(columns.map((column) => [SHORT[column] ?? column, shownOf(row, column)]))));
    }
    const wanted = expected[name] ?? new Map();
    for (const [key, row] of wanted) {
      const got = found.get(key);
      if (got === undefined) lost.push(`${name} ${key} ${JSON.stringify(row)}`);
      else if (got !== canonical(row)) wrong.push(`${name} ${key}: got ${got}, expected ${canonical(row)}`);
    }
    for (const [key, row] of found) if (!wanted.has(key)) repeated.push(`${name} ${key} ${row}`);
    wrong.push(...world.lake.conflicts(schema).map((conflict) => `repeat differs: ${conflict}`));
  }
  compareLedger(world, expected, wrong);
  compareBytes(world, wrong);
  compareAlerts(world, expected, lost, repeated);
  return { lost, repeated, wrong, isStuck: world.isStuck };
}

function canonical(row: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function compareLedger(world: World, expected: Tables, wrong: string[]): void {
  const lanes = new Map<string, number>();
  for (const [id, { lane }] of expected['archive'] ?? []) {
    const name = `${id.slice(0, id.indexOf('|'))} ${lane}`;
    lanes.set(name, (lanes.get(name) ?? 0) + 1);
  }
  for (const { shard, counters } of world.ledger()) {
    const { accepted, late, duplicate, quarantined } = counters;
    if (counters.seen !== accepted + late + duplicate + quarantined) wrong.push(`ledger of ${shard} does not balance`);
    for (const [lane, count] of Object.entries({ accepted, late, duplicate, quarantined })) {
      const wanted = lanes.get(`${shard} ${lane}`) ?? 0;
      if (count !== wanted) wrong.push(`ledger of ${shard}: ${count} ${lane}, expected ${wanted}`);
    }
  }
}

/** The archive keeps every record byte for byte. */
function compareBytes(world: World, wrong: string[]): void {
  const sent = new Map<string, string>();
  for (const shard of world.stream.shards) {
    for (const { sequence, units } of shard.records) {
      for (const [sub, { bytes }] of units.entries())
        sent.set(`${shard.shardId}|${placeOf(sequence, sub)}`, Buffer.from(bytes).toString('base64'));
    }
  }
  for (const row of world.lake.rows('archive')) {
    const id = PLACE.map((column) => shownOf(row, column)).join('|');
    if (row['kind'] === 'record' && row['data'] !== sent.get(id)) wrong.push(`archive ${id} has other bytes`);
  }
}

function compareAlerts(world: World, expected: Tables, lost: string[], repeated: string[]): void {
  const ids = new Set([...(expected['alerts']?.keys() ?? [])].map((id) => id.slice(id.indexOf('|') + 1)));
  for (const { name, taken, twice } of world.subscribers) {
    for (const id of ids) if (!taken.has(id)) lost.push(`alert ${id} never reached ${name}`);
    for (const id of taken.keys()) if (!ids.has(id)) repeated.push(`alert ${id} reached ${name} for nothing`);
    for (const id of twice) repeated.push(`alert ${id} reached ${name} in two messages`);
  }
}
