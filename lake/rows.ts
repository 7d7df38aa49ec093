import { sequenceOf, subSequenceOf } from '../core/decode/position.ts';
import type { FieldSpec } from '../core/definition/fields.ts';
import type { Aggregate, EventTypeSpec, Pipeline } from '../core/definition/pipeline.ts';
import type { Event, Position, RawEvent } from '../core/model.ts';
import type { Row, RowValue, TableRows } from '../core/ports.ts';
import type { Verdict } from '../core/processor.ts';
import { alertIdOf } from '../core/rules/alert-id.ts';
import { alertsOf, type Decision } from '../core/rules/decision.ts';
import type { Context, Counters } from '../core/state/shard.ts';
import { groupValuesOf } from '../core/windows/groups.ts';
import type { WindowResult } from '../core/windows/results.ts';
import { alertStakeOf } from './tables.ts';

/** One judged batch of one shard, as far as rows need it. */
export interface RowBatch {
  readonly shardId: string;
  readonly context: Context;
  readonly isContextNew: boolean;
  /** Set in replays: the records stand in the archive already, and get no rows there. */
  readonly isArchived?: true;
  readonly verdicts: readonly Verdict[];
}

/** Turns verdicts, window results and ledgers into lake rows; a pure function, so that a repeat gives equal rows. */
export interface RowBuilder {
  batchRows(batch: RowBatch): TableRows[];
  /** Only what goes into the archive of a batch. */
  archiveRows(batch: RowBatch): Row[];
  windowRow(result: WindowResult): Row;
  ledgerRow(shard: LedgerShard, recordedAtMs: number): Row;
}

/** Ledger of one shard as the `ledger` table shows it. */
export interface LedgerShard {
  readonly shardId: string;
  readonly hi: Position | null;
  readonly counters: Counters;
  readonly watermarkMs: number | null;
  /** Watermark of the pipeline behind which every window had been emitted, epoch ms. */
  readonly closedMs: number | null;
}

/** Makes the row builder of a pipeline; the columns are those of `tablesOf`. */
export function createRowBuilder(pipeline: Pipeline): RowBuilder {
  const builders = new Map(Object.entries(pipeline.eventTypes).map(([name, type]) => [name, eventBuilderOf(type)]));
  const windows = new Map(Object.values(pipeline.aggregates).map((aggregate) => [aggregate.name, windowColumnsOf(pipeline, aggregate)]));
  return {
    batchRows: (batch) => batchRows(pipeline, builders, batch),
    archiveRows,
    windowRow: (result) => windowRow(windows.get(result.aggregate), result),
    ledgerRow: ({ shardId, hi, counters, watermarkMs, closedMs }, recordedAtMs) => ({
      recorded_at: recordedAtMs,
      shard_id: shardId,
      hi,
      seen: counters.seen,
      accepted: counters.accepted,
      late: counters.late,
      duplicate: counters.duplicate,
      quarantined: counters.quarantined,
      misrouted: counters.misrouted,
      watermark: watermarkMs,
      closed: closedMs,
    }),
  };
}

/** Decimal text of a fixed-point integer: 12345 at scale 3 is `12.345`. */
export function scaledText(value: number | string, scale: number): string {
  if (scale === 0) return String(value);
  const text = String(value);
  const sign = text.startsWith('-') ? '-' : '';
  const digits = text.slice(sign.length).padStart(scale + 1, '0');
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

type EventColumn = readonly [column: string, field: string, scale: number | undefined];

function columnsOf(type: EventTypeSpec): EventColumn[] {
  return Object.entries(type.fields).map(([name, spec]): EventColumn => {
    if (spec.kind === 'money') return [`${name}_minor`, name, undefined];
    return [name, name, spec.kind === 'fixed' ? spec.scale : undefined];
  });
}

interface EventBuilder {
  readonly table: string;
  readonly columns: readonly EventColumn[];
  /** A row of nulls: copies of it share one hidden class, which filling an empty object column by column would look up each time. */
  readonly blank: Readonly<Record<string, RowValue>>;
}

function eventBuilderOf(type: EventTypeSpec): EventBuilder {
  const columns = columnsOf(type);
  return { table: type.table, columns, blank: Object.fromEntries(columns.map(([column]) => [column, null])) };
}

function batchRows(pipeline: Pipeline, builders: ReadonlyMap<string, EventBuilder>, batch: RowBatch): TableRows[] {
  const tables = new Map<string, Row[]>();
  const add = (table: string, row: Row): void => {
    const rows = tables.get(table);
    if (rows === undefined) tables.set(table, [row]);
    else rows.push(row);
  };
  const first = batch.verdicts[0];
  if (batch.isContextNew && first !== undefined) add('archive', contextRow(batch, first));
  for (const verdict of batch.verdicts) {
    const place = placeOf(batch.shardId, verdict.raw);
    if (batch.isArchived !== true) add('archive', archiveRow(verdict, place));
    if (verdict.rejection !== undefined) add('quarantine', quarantineRow(verdict, place));
    const { event } = verdict;
    if (event === undefined || verdict.lane === 'duplicate') continue;
    const builder = builders.get(event.type);
    if (builder === undefined) throw new Error(`event type ${event.type} has no table`);
    add(builder.table, eventRow(builder, event, verdict, place));
    if (verdict.lane === 'late') add('late_events', lateRow(event, verdict, place));
    if (verdict.decision !== undefined) addDecision(pipeline, batch, event, verdict, place, add);
  }
  return [...tables].map(([table, rows]) => ({ table, rows }));
}

function archiveRows(batch: RowBatch): Row[] {
  const [first] = batch.verdicts;
  const control = batch.isContextNew && first !== undefined ? [contextRow(batch, first)] : [];
  return [...control, ...batch.verdicts.map((verdict) => archiveRow(verdict, placeOf(batch.shardId, verdict.raw)))];
}

interface Place {
  readonly shard_id: string;
  readonly sequence: string;
  readonly sub_sequence: number;
  readonly arrival_time: number;
}

function placeOf(shardId: string, raw: RawEvent): Place {
  return { shard_id: shardId, sequence: raw.sequence, sub_sequence: raw.subSequence, arrival_time: raw.arrivalMs };
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function contextRow(batch: RowBatch, first: Verdict): Row {
  const place = placeOf(batch.shardId, first.raw);
  const { floorMs, tileFrontierMs, ruleSet, definition } = batch.context;
  return {
    ...place,
    kind: 'context',
    partition_key: '',
    data: null,
    lane: null,
    watermark: null,
    event_time: null,
    key: null,
    context: JSON.stringify({ floor_ms: floorMs, tile_frontier_ms: tileFrontierMs, rule_set: ruleSet, definition }),
  };
}

function archiveRow({ raw, lane, watermarkMs, event }: Verdict, place: Place): Row {
  return {
    ...place,
    kind: 'record',
    partition_key: raw.partitionKey,
    data: base64Of(raw.bytes),
    lane,
    watermark: watermarkMs,
    event_time: event?.timeMs ?? null,
    key: event?.key ?? null,
    context: null,
  };
}

function quarantineRow({ raw, rejection }: Verdict, place: Place): Row {
  return {
    ...place,
    partition_key: raw.partitionKey,
    code: rejection?.code ?? '',
    path: rejection?.path ?? '',
    message: rejection?.message ?? '',
    data: base64Of(raw.bytes),
  };
}

function eventRow(builder: EventBuilder, event: Event, { raw, lane }: Verdict, place: Place): Row {
  const row: Record<string, RowValue> = { ...builder.blank, lane, partition_key: raw.partitionKey, ...place };
  for (const [column, field, scale] of builder.columns) {
    const value = event.values[field];
    if (value !== undefined) row[column] = scale === undefined ? value : scaledText(value as number, scale);
  }
  return row;
}

function lateRow(event: Event, { raw, watermarkMs }: Verdict, place: Place): Row {
  return {
    event_type: event.type,
    event_id: event.id,
    event_time: event.timeMs,
    key: event.key,
    watermark: watermarkMs,
    data: base64Of(raw.bytes),
    partition_key: raw.partitionKey,
    ...place,
  };
}

function addDecision(
  pipeline: Pipeline,
  batch: RowBatch,
  event: Event,
  { decision, features, lane }: Verdict,
  place: Place,
  add: (table: string, row: Row) => void,
): void {
  if (decision === undefined) return;
  const keyField = pipeline.eventTypes[event.type]?.key ?? 'key';
  const identity = { event_id: event.id, event_time: event.timeMs, [keyField]: event.key };
  add('decisions', {
    ...identity,
    lane,
    outcome: decision.outcome,
    score: decision.score,
    rules_fired: decision.fired.map(({ ruleId }) => ruleId),
    rules_failed: decision.failed.map(({ ruleId, error }) => `${ruleId}: ${error}`),
    rules_shadow: decision.shadow.map(({ ruleId }) => ruleId),
    reasons: decision.fired.map(({ reason }) => reason),
    ...evidenceColumns(decision),
    features: JSON.stringify(features ?? {}),
    rule_set_version: decision.ruleSet,
    ...trialColumns(decision),
    definition_version: batch.context.definition,
    tile_frontier: batch.context.tileFrontierMs,
    ...place,
  });
  const alerting = alertsOf(decision);
  const atStake = alerting.length === 0 ? {} : stakeColumns(pipeline, event);
  for (const fired of alerting) {
    add('alerts', {
      alert_id: alertIdOf(fired.ruleId, event.key, event.id),
      ...identity,
      rule_id: fired.ruleId,
      rule_version: fired.ruleVersion,
      points: fired.points,
      reason: fired.reason,
      rule_values: JSON.stringify(fired.values),
      outcome: decision.outcome,
      alert_group: fired.alertGroup,
      rule_set_version: decision.ruleSet,
      ...place,
      score: decision.score,
      ...atStake,
    });
  }
}

function stakeColumns(pipeline: Pipeline, { values }: Event): Row {
  const stake = alertStakeOf(pipeline);
  return stake === undefined
    ? {}
    : { [stake.minorColumn]: values[stake.name] ?? null, [stake.currencyColumn]: values[stake.currencyColumn] ?? null };
}

/** Why it was decided so; null where there is nothing to say, as most events have nothing. */
function evidenceColumns({ fired, typologyScores, listHits }: Decision): Row {
  return {
    rule_tests: fired.length === 0 ? null : JSON.stringify(Object.fromEntries(fired.map(({ ruleId, tests }) => [ruleId, tests]))),
    typology_scores: Object.keys(typologyScores).length === 0 ? null : JSON.stringify(typologyScores),
    list_hits:
      listHits.length === 0
        ? null
        : listHits.map(({ listId, effect, field, value, reason }) => `${effect} ${listId}: ${field} ${value}: ${reason}`),
  };
}

/** What the rule set on trial said; null while there is none. */
function trialColumns({ trial }: Decision): Row {
  if (trial === undefined) return { trial_version: null, trial_outcome: null, trial_score: null, trial_fired: null };
  const { ruleSet, outcome, score, fired, failed } = trial;
  return {
    trial_version: ruleSet,
    trial_outcome: outcome,
    trial_score: score,
    trial_fired: [...fired, ...failed.map((id) => `${id}: failed`)],
  };
}

interface WindowColumns {
  readonly groups: readonly (readonly [column: string, scale: number | undefined])[];
  readonly isSession: boolean;
  /** Scale of the measures that are decimals in the lake. */
  readonly scales: ReadonlyMap<string, number>;
}

function windowColumnsOf(pipeline: Pipeline, aggregate: Aggregate): WindowColumns {
  const fields: Readonly<Record<string, FieldSpec>> = pipeline.eventTypes[aggregate.over]?.fields ?? {};
  const scaleOf = (field: string): number | undefined => {
    const spec = fields[field];
    return spec?.kind === 'fixed' ? spec.scale : undefined;
  };
  const scales = new Map<string, number>();
  for (const [name, measure] of Object.entries(aggregate.measures)) {
    if (!('field' in measure) || measure.kind === 'mean' || measure.kind === 'stddev' || measure.kind === 'distinct') continue;
    const scale = scaleOf(measure.field);
    if (scale !== undefined) scales.set(name, scale);
  }
  return { groups: aggregate.groupBy.map(({ field }) => [field, scaleOf(field)]), isSession: aggregate.window.kind === 'session', scales };
}

function windowRow(columns: WindowColumns | undefined, result: WindowResult): Row {
  if (columns === undefined) throw new Error(`aggregate ${result.aggregate} is not in the pipeline`);
  const row: Record<string, RowValue> = {};
  const values = groupValuesOf(result.groupKey);
  for (const [i, [column, scale]] of columns.groups.entries()) {
    const value = values[i] ?? null;
    row[column] = scale === undefined || value === null ? value : scaledText(value as number, scale);
  }
  row['window_start'] = result.startMs;
  row['window_end'] = result.endMs;
  row['revision'] = 0;
  if (columns.isSession) row['duration_ms'] = result.durationMs ?? 0;
  for (const [name, value] of Object.entries(result.values)) {
    const scale = columns.scales.get(name);
    row[name] = scale === undefined || value === null ? value : scaledText(value as number | string, scale);
  }
  return row;
}

/** Archive place of a position, for comparing ledgers with the lake. */
export function placeOfPosition(position: Position): { readonly sequence: string; readonly subSequence: number } {
  return { sequence: sequenceOf(position), subSequence: subSequenceOf(position) };
}
