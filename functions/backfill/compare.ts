import { hash } from 'node:crypto';
import { join } from 'node:path';
import { assertUnaltered, digestsOf } from '../../lake/compaction/digest.ts';
import type { SortEngine } from '../../lake/compaction/engine.ts';
import { sketchedHours } from '../../lake/erasure/sketches.ts';
import { type Snapshot, snapshotOf } from '../../lake/generations/snapshot.ts';
import { isDropped, readTable } from '../../lake/generations/state.ts';
import { partitionStartMs } from '../../lake/names.ts';
import { relationSql, withoutRepeats } from '../../lake/relation.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { quoteName, quoteText } from '../../lake/sql-text.ts';
import { WHAT_IF_TABLE } from '../../lake/tables.ts';
import {
  compareSides,
  type DifferenceSample,
  differenceSample,
  type HourDifference,
  hourDifferences,
  replacementSql,
} from './difference.ts';
import { BackfillError } from './errors.ts';
import { timestampSql, upTo } from './fence.ts';
import type { BackfillPlan, ComparedPart } from './plan-record.ts';
import type { BackfillPorts } from './ports.ts';
import { rowsFolder, withEngine } from './step-tools.ts';
import { stretchOf } from './stretches.ts';
import { padded, type Work } from './work.ts';

/** What comparing one part of a table has found. */
export interface ComparedReport extends ComparedPart {
  readonly hours: readonly HourDifference[];
  readonly sample: readonly DifferenceSample[];
  /** Rows of keys that several shards had by turns: nobody knows in which order, so they are not compared. */
  readonly contested: number;
  /** What each hour was compared with, by its first instant: see `baseOf`. */
  readonly bases: Readonly<Record<string, string>>;
}

/** Name of the report of a part. */
export const comparedName = (at: number): string => `compared/${padded(at)}.json`;

/** Name of the rows that an hour is to have. */
export const replacementName = (table: string, startMs: number): string => `new/${table}/${startMs}.parquet`;

/** Compares what was recomputed with what the lake shows, and keeps the rows that changed hours are to have. */
export async function comparePart(ports: BackfillPorts, work: Work, at: number): Promise<void> {
  const plan = await work.plan();
  const part = plan.parts[at];
  const table = ports.tables.find(({ name }) => name === part?.table);
  if (part === undefined || table === undefined) throw new Error(`part ${at} is not in the plan of backfill ${work.id}`);
  await work.write(
    comparedName(at),
    await compareTable(ports, work, { plan, part, table, isStaging: plan.mode !== 'verify' || isWhatIf(part) }),
  );
}

/** What a comparison is about. */
export interface CompareOptions {
  readonly plan: BackfillPlan;
  readonly part: ComparedPart;
  readonly table: TableSchema;
  /** Whether the rows of changed hours are kept for publishing. */
  readonly isStaging: boolean;
}

/** Compares a span of a table; the lake is read as it is now. */
export async function compareTable(ports: BackfillPorts, work: Work, options: CompareOptions): Promise<ComparedReport> {
  const { plan, part, table, isStaging } = options;
  const contested = await contestedKeys(work);
  const names = await work.names(rowsFolder(table.name, stretchOf(plan.bands, part.fromMs)));
  return withEngine(ports, `compare-${work.id}-${table.name}-${part.fromMs}`, (engine, scratch) =>
    withPublished(ports, table, part, (published, bases) =>
      work.withFiles(names, async (made) => {
        const before = `(SELECT * FROM ${withoutRepeats(table, `(SELECT * FROM ${published} WHERE ${inSpan(table, part)})`)} WHERE ${compared(ports, plan, table)})`;
        const recomputed = relationSql(
          table,
          made.map((path) => ({ path })),
        );
        const after = withoutRepeats(table, `(SELECT * FROM ${recomputed} WHERE ${inSpan(table, part)})`);
        const unclear = contestedSql(ports, table, contested);
        await compareSides(engine, table, {
          before: `(SELECT * FROM ${before} WHERE NOT ${unclear})`,
          after: `(SELECT * FROM ${after} WHERE NOT ${unclear})`,
          // What is rebuilt is to be as it is computed now.
          sketched: plan.mode === 'rebuild' ? undefined : await sketchedHours(ports.lake.objects, ports.plan.pipeline, table.name),
        });
        const hours = (await hourDifferences(engine)).filter(
          ({ added, changed, removed, before: rows }) => added + changed + removed + rows > 0,
        );
        if (isStaging) {
          // What is beside the comparison stays as it is.
          const beside = `SELECT * FROM ${withoutRepeats(table, `(SELECT * FROM ${published} WHERE ${inSpan(table, part)})`)} WHERE NOT coalesce(${compared(ports, plan, table)}, false) OR ${unclear}`;
          for (const hour of hours.filter(isDifferent)) await stage(work, { engine, scratch, table, hour, beside });
        }
        const sample = await differenceSample(engine, table);
        const [[unclearRows] = []] =
          contested.length === 0 ? [[0]] : await engine.rows(`SELECT count(*) FROM ${before} WHERE ${unclear}`, false);
        return { ...part, hours, sample, contested: Number(unclearRows), bases };
      }),
    ),
  );
}

/** Whether an hour is not as it was. */
export function isDifferent({ added, changed, removed }: HourDifference): boolean {
  return added + changed + removed > 0;
}

function isWhatIf({ table }: ComparedPart): boolean {
  return table === WHAT_IF_TABLE;
}

interface Staging {
  readonly engine: SortEngine;
  readonly scratch: string;
  readonly table: TableSchema;
  readonly hour: HourDifference;
  readonly beside: string;
}

async function stage(work: Work, { engine, scratch, table, hour, beside }: Staging): Promise<void> {
  const path = join(scratch, `${hour.startMs}.parquet`);
  const time = quoteName(table.partitionColumn);
  const [from, to] = [timestampSql(hour.startMs), timestampSql(hour.startMs + 3_600_000)];
  await engine.rows(
    `COPY (${replacementSql(table, hour.startMs)} UNION ALL BY NAME SELECT * FROM (${beside}) WHERE ${time} >= ${from} AND ${time} < ${to})
     TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd)`,
    false,
  );
  await work.store(replacementName(table.name, hour.startMs), path);
}

function inSpan({ partitionColumn }: TableSchema, { fromMs, toMs }: ComparedPart): string {
  const time = quoteName(partitionColumn);
  return `${time} >= ${timestampSql(fromMs)} AND ${time} < ${timestampSql(toMs)}`;
}

/** Condition on published rows: those that a replay up to the fence can know. */
function compared(
  { plan: { pipeline } }: BackfillPorts,
  { fence, request, read, range }: BackfillPlan,
  { name, columns }: TableSchema,
): string {
  if (name === WHAT_IF_TABLE) return `rule_set_version = ${quoteText(request.rulesVersion ?? '')}`;
  const aggregate = pipeline.aggregates[name];
  if (aggregate === undefined) return columns.some((column) => column.name === 'sequence') ? upTo(fence.through) : 'true';
  const final = `window_end < ${timestampSql(fence.closedMs - pipeline.time.allowedLatenessMs)}`;
  if (aggregate.window.kind !== 'session') return final;
  return `${final} AND (window_start < ${timestampSql(range.toMs)} OR window_end < ${timestampSql(read.toMs)})`;
}

async function contestedKeys(work: Work): Promise<string[]> {
  const lists: string[][] = [];
  for (const name of await work.names('contested/')) lists.push(await work.read<string[]>(name));
  return lists.flat();
}

/** Condition on rows of keys whose order of processing nobody knows. */
function contestedSql({ plan: { pipeline } }: BackfillPorts, { name }: TableSchema, keys: readonly string[]): string {
  const { decision } = pipeline;
  const column = decision === undefined ? undefined : pipeline.eventTypes[decision.over]?.key;
  if (keys.length === 0 || column === undefined || !['decisions', 'alerts', WHAT_IF_TABLE].includes(name)) return 'false';
  return `${quoteName(column)} IN (${keys.map(quoteText).join(', ')})`;
}

async function withPublished<T>(
  { lake }: BackfillPorts,
  table: TableSchema,
  { fromMs, toMs }: ComparedPart,
  use: (relation: string, bases: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  const paths: string[] = [];
  const bases: Record<string, string> = {};
  try {
    for (const state of await readTable(lake.objects, table.name, { hours: { fromMs, toMs } })) {
      if (isDropped(state)) continue;
      const snapshot = await snapshotOf(lake.objects, state);
      const { published, landed, warning, generation } = snapshot;
      bases[partitionStartMs(state.partition)] = baseOf(snapshot);
      if (warning !== undefined)
        throw new BackfillError('TABLES_DAMAGED', `${warning} Run headrace compact first, which mends what can be mended.`);
      const digests = digestsOf(state, generation);
      for (const key of [...published, ...landed.map((object) => object.key)]) {
        const path = await lake.files.open(key);
        if (path === undefined) continue;
        paths.push(path);
        await assertUnaltered([{ key, path }], digests);
      }
    }
    const relation = relationSql(
      table,
      paths.map((path) => ({ path })),
    );
    return await use(relation, bases);
  } finally {
    await lake.files.release(paths);
  }
}

/** What a reader sees of an hour, in short: another generation, or another landing file, makes another one. */
export function baseOf({ generation, landed }: Snapshot): string {
  return hash('sha256', `${generation?.number ?? 0} ${landed.map(({ key }) => key).join(' ')}`).slice(0, 16);
}
