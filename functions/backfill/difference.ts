import { DISTINCT_EXACT_MAX } from '../../core/aggregates/distinct.ts';
import type { SortEngine } from '../../lake/compaction/engine.ts';
import type { SketchedHours } from '../../lake/erasure/sketches.ts';
import { type Column, identityOf, type TableSchema } from '../../lake/schema.ts';
import { quoteName } from '../../lake/sql-text.ts';

/** Differences of one hour of a table: rows of the lake before, and what becomes of them. */
export interface HourDifference {
  /** First instant of the hour, epoch ms. */
  readonly startMs: number;
  readonly before: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Rows that are equal but for counts of different keys that are sketches of keys which were erased since. */
  readonly sketches: number;
}

/** One row that differs, as text. */
export interface DifferenceSample {
  readonly kind: string;
  readonly id: string;
  readonly before: string;
  readonly after: string;
}

const HOUR_MS = 3_600_000;
const SAMPLE_ROWS = 10;
/** Counts the corrections of a row: what it says is compared, not how often it was corrected. */
const REVISION = 'revision';
/** Three standard errors of a sketch, as a share of the count. */
const SKETCH_TOLERANCE = 0.024;

/** Columns of a table that say what a row says. */
function comparedColumns({ columns }: TableSchema): Column[] {
  return columns.filter(({ name }) => name !== REVISION);
}

/** Both sides of a comparison, as relations. */
export interface Sides {
  readonly before: string;
  readonly after: string;
  /** Where counts of different keys may differ a little. */
  readonly sketched?: SketchedHours | undefined;
}

/** Puts both sides of a comparison side by side as the temporary table `diff`: `kind` is same, sketch, added, changed or removed. */
export async function compareSides(engine: SortEngine, table: TableSchema, { before, after, sketched }: Sides): Promise<void> {
  const ids = identityOf(table).map(quoteName);
  const names = comparedColumns(table).map(({ name }) => name);
  const same = names.map(isSame);
  const near = names.map((name) => (sketched?.measures.includes(name) === true ? isNear(name) : isSame(name)));
  const time = quoteName(table.partitionColumn);
  await engine.rows(
    `CREATE OR REPLACE TEMP TABLE diff AS
     SELECT CASE WHEN NOT isHere THEN 'added' WHEN NOT isThere THEN 'removed' WHEN isSame THEN 'same' WHEN isNear AND ${inHours(sketched)} THEN 'sketch' ELSE 'changed' END AS kind,
       * EXCLUDE (isHere, isThere, isSame, isNear)
     FROM (SELECT b."@here" IS NOT NULL AS isHere, a."@here" IS NOT NULL AS isThere, ${same.join(' AND ')} AS isSame, ${near.join(' AND ')} AS isNear,
             coalesce(epoch_ms(b.${time}), epoch_ms(a.${time})) // ${HOUR_MS} * ${HOUR_MS} AS hour_ms, b AS before, a AS after
           FROM (SELECT *, true AS "@here" FROM ${before}) b FULL OUTER JOIN (SELECT *, true AS "@here" FROM ${after}) a
             ON ${ids.map((id) => `b.${id} = a.${id}`).join(' AND ')})`,
    false,
  );
}

function isSame(name: string): string {
  return `b.${quoteName(name)} IS NOT DISTINCT FROM a.${quoteName(name)}`;
}

/** Counts are sketches above `DISTINCT_EXACT_MAX` only, and never less than that. */
function isNear(name: string): string {
  const [b, a] = [`b.${quoteName(name)}`, `a.${quoteName(name)}`];
  const isClose = `least(${b}, ${a}) > ${DISTINCT_EXACT_MAX} AND abs(CAST(${b} AS DOUBLE) - ${a}) <= ${SKETCH_TOLERANCE} * ${b}`;
  return `(${isSame(name)} OR coalesce(${isClose}, false))`;
}

function inHours(sketched: SketchedHours | undefined): string {
  return sketched === undefined || sketched.hours.size === 0 ? 'false' : `hour_ms IN (${[...sketched.hours].join(', ')})`;
}

/** Sums of `diff` for each hour. */
export async function hourDifferences(engine: SortEngine): Promise<HourDifference[]> {
  const rows = await engine.rows(
    `SELECT hour_ms, count(*) FILTER (WHERE kind <> 'added'), count(*) FILTER (WHERE kind = 'added'),
       count(*) FILTER (WHERE kind = 'changed'), count(*) FILTER (WHERE kind = 'removed'), count(*) FILTER (WHERE kind = 'sketch') FROM diff GROUP BY 1 ORDER BY 1`,
    false,
  );
  return rows.map(([startMs, before, added, changed, removed, sketches]) => ({
    startMs: Number(startMs),
    before: Number(before),
    added: Number(added),
    changed: Number(changed),
    removed: Number(removed),
    sketches: Number(sketches),
  }));
}

/** A few rows of `diff` that differ, each kind among them. */
export async function differenceSample(engine: SortEngine, table: TableSchema): Promise<DifferenceSample[]> {
  const id = `concat_ws(' ', ${identityOf(table)
    .map((name) => `coalesce(before.${quoteName(name)}, after.${quoteName(name)})`)
    .join(', ')})`;
  const rows = await engine.rows(
    `SELECT kind, ${id} AS id, CAST(before AS VARCHAR), CAST(after AS VARCHAR)
     FROM (SELECT *, row_number() OVER (PARTITION BY kind) AS nth FROM diff WHERE kind NOT IN ('same', 'sketch'))
     WHERE nth <= ${SAMPLE_ROWS} ORDER BY kind, id`,
    false,
  );
  return rows.map(([kind, key, before, after]) => ({ kind: String(kind), id: String(key), before: String(before), after: String(after) }));
}

/** Rows that an hour is to have: recomputed ones, with a new revision where they say something new. A sketch stays as it is published. */
export function replacementSql({ columns }: TableSchema, hourMs: number): string {
  const shown = columns.map(({ name }) => {
    const column = quoteName(name);
    if (name !== REVISION) return `CASE kind WHEN 'sketch' THEN before.${column} ELSE after.${column} END AS ${column}`;
    return `CASE WHEN kind IN ('same', 'sketch') THEN before.${column} WHEN kind = 'changed' THEN before.${column} + 1 ELSE 0 END AS ${column}`;
  });
  return `SELECT ${shown.join(', ')} FROM diff WHERE hour_ms = ${hourMs} AND kind <> 'removed'`;
}
