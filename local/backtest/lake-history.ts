import type { LabelSpec } from '../../core/definition/pipeline.ts';
import { usageError } from '../../core/errors.ts';
import type { Plan } from '../../core/plan.ts';
import { OF_STREAM, timestampSql } from '../../functions/backfill/fence.ts';
import { warmUpMs } from '../../functions/backfill/plan.ts';
import { STREAM_ORDER } from '../../functions/backfill/slices.ts';
import { LEDGER_TABLE } from '../../lake/raw-tables.ts';
import { quoteText } from '../../lake/sql-text.ts';
import type { Inputs } from '../feed/inputs.ts';
import type { LakeQueries } from '../sql/format.ts';

const DAY_MS = 86_400_000;

/** What is to be judged of a lake. */
export interface LakeRange {
  /** Range of event time, epoch ms; `toMs` is behind it. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly labelDelayMs: number;
  /** Days of known frauds before the range. */
  readonly knownDays: number;
}

/** The history in a lake. */
export interface LakeHistory {
  readonly inputs: Inputs;
  /** First event time that the lake has, epoch ms. */
  readonly firstMs: number;
  /** First event time that features or known frauds may come from, epoch ms. */
  readonly neededMs: number;
}

/** Where history must begin: what features remember before the range, and frauds that were known at its start; epoch ms. */
export function neededFromMs(plan: Plan, { fromMs, labelDelayMs, knownDays }: LakeRange): number {
  // A label that became known before its delay was over counts from then on: it came that much before it is in a feature.
  const features = fromMs - warmUpMs(plan, true) - labelDelayMs;
  const frauds = fromMs - labelDelayMs - (knownDays + 1) * DAY_MS;
  return Math.min(features, frauds);
}

/**
 * Copies what a back-test reads out of the archive of a lake: accepted events in order of event time, those of one time in the order in which
 * the stream took them; behind the range labels only. The file is the engine's own and goes when it is closed. Throws UsageError for a range
 * without events.
 */
export async function lakeHistory(lake: LakeQueries, plan: Plan, range: LakeRange): Promise<LakeHistory> {
  const [firstMs, lastMs] = await spanOf(lake);
  const { fromMs, toMs } = range;
  const { labels } = plan.pipeline.decision ?? {};
  if (firstMs === undefined || lastMs === undefined || lastMs < fromMs || firstMs >= toMs)
    throw usageError('range', spanText(fromMs, toMs), lakeText(firstMs, lastMs));
  const neededMs = neededFromMs(plan, range);
  const path = await lake.parquetFile(historySql(plan, { neededMs, toMs, labels }));
  return { inputs: { kind: 'payloads', files: [path] }, firstMs, neededMs };
}

/** Times in words. */
export function spanText(fromMs: number, toMs: number): string {
  return `${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`;
}

function lakeText(firstMs: number | undefined, lastMs: number | undefined): string {
  if (firstMs === undefined || lastMs === undefined) return 'a lake with accepted events: this one has none that has landed';
  return `a range with events: the lake has those of ${spanText(firstMs, lastMs)}`;
}

/** Records that are events of the stream, or of a load that is finished. */
const ACCEPTED = `kind = 'record' AND lane = 'accepted' AND (${OF_STREAM} OR shard_id IN (SELECT shard_id FROM ${LEDGER_TABLE}))`;

/** First and last event time, epoch ms; repeats do not matter to them. */
async function spanOf(lake: LakeQueries): Promise<(number | undefined)[]> {
  const { rows } = await lake.query(`SELECT epoch_ms(min(event_time)), epoch_ms(max(event_time)) FROM landing.archive WHERE ${ACCEPTED}`);
  return (rows[0] ?? []).map((ms) => (ms === null || ms === undefined ? undefined : Number(ms)));
}

interface Selected {
  readonly neededMs: number;
  readonly toMs: number;
  readonly labels: LabelSpec | undefined;
}

function historySql({ pipeline }: Plan, { neededMs, toMs, labels }: Selected): string {
  const since = `event_time >= ${timestampSql(neededMs)} AND arrival_time >= ${timestampSql(neededMs - pipeline.time.futureMs)}`;
  const until = [`event_time < ${timestampSql(toMs)}`, ...(labels === undefined ? [] : [mayBe(labels.over)])];
  // A loaded event that the stream has too is the repeat: the stream's own comes first.
  return `SELECT data AS payload, NULL::VARCHAR AS key, epoch_ms(event_time) AS time_ms FROM archive
    WHERE ${ACCEPTED} AND ${since} AND (${until.join(' OR ')})
    ORDER BY event_time, NOT (${OF_STREAM}), ${STREAM_ORDER}, shard_id`;
}

/** Bytes that may be an event of a type: its name as it is, or behind a backslash in some way of writing it. */
function mayBe(type: string): string {
  const text = 'CAST(data AS VARCHAR)';
  return `contains(${text}, ${quoteText(type)}) OR contains(${text}, '\\x5C')`;
}
