import { type KeyFeature, rememberedBy } from '../../core/definition/features.ts';
import type { Pipeline } from '../../core/definition/pipeline.ts';
import { usageError } from '../../core/errors.ts';
import { createParser } from '../../core/events/parser.ts';
import type { Event } from '../../core/model.ts';
import type { RuleSet } from '../../core/rules/compile.ts';
import type { FeatureValues } from '../../core/rules/decision.ts';
import type { Explanation } from '../../core/rules/explain.ts';
import { floorTo } from '../../core/time/tiles.ts';
import { fieldColumn } from '../../lake/columns.ts';
import { quoteText } from '../../lake/sql-text.ts';
import type { LakeQueries } from '../../local/sql/format.ts';

/** A decision as its row has it, replayed. */
export interface ExplainedDecision {
  readonly event_id: string;
  /** RFC 3339, UTC. */
  readonly event_time: string;
  readonly key: string;
  readonly outcome: string;
  readonly score: number;
  readonly rule_set_version: string;
  readonly reasons: readonly string[];
  readonly list_hits: readonly string[];
  readonly features: FeatureValues;
  /** Whether the replay from the row came to the same outcome, score and rules. */
  readonly agrees: boolean;
  readonly explanation: Explanation;
  /** Events that made up each feature over the key, newest first, at most so many. */
  readonly contributing: Readonly<Record<string, readonly string[]>>;
}

/** What looking a decision up needs. */
export interface ExplainPorts {
  readonly pipeline: Pipeline;
  readonly sql: Pick<LakeQueries, 'query'>;
  /** A rule set of a recorded version; undefined if nobody knows it. */
  readonly rulesOf: (version: string) => Promise<RuleSet | undefined>;
}

type Row = Readonly<Record<string, unknown>>;

/** Contributing events that are told of each feature. */
const EVENTS_MAX = 20;
/** Earlier events of the key that are looked through. */
const HISTORY_MAX = 5_000;

/** Explains the decisions about an event of this id; of one key, if given. Throws UsageError if there is none, or more than one. */
export async function explainDecision(ports: ExplainPorts, eventId: string, key: string | undefined): Promise<ExplainedDecision> {
  const row = await decisionRow(ports, eventId, key);
  const event = await eventOf(ports, row);
  const version = String(row['rule_set_version']);
  const rules = await ports.rulesOf(version);
  if (rules === undefined) {
    throw usageError('rule set of the decision', version, 'the one of the folder given with --pipeline, or one that was in force there');
  }
  const features = JSON.parse(String(row['features'])) as FeatureValues;
  const explanation = rules.explain(event, features);
  const { outcome, score, fired } = explanation.decision;
  const recorded = [row['outcome'], Number(row['score']), String(row['fired_text'])];
  return {
    event_id: eventId,
    event_time: new Date(event.timeMs).toISOString(),
    key: event.key,
    outcome: String(row['outcome']),
    score: Number(row['score']),
    rule_set_version: version,
    reasons: linesOf(row['reasons_text']),
    list_hits: linesOf(row['hits_text']),
    features,
    agrees: [outcome, score, fired.map(({ ruleId }) => ruleId).join()].every((one, i) => one === recorded[i]),
    explanation,
    contributing: await contributing(ports, { event, row, features }),
  };
}

async function decisionRow({ pipeline, sql }: ExplainPorts, eventId: string, key: string | undefined): Promise<Row> {
  const over = pipeline.eventTypes[pipeline.decision?.over ?? ''];
  if (over === undefined) throw usageError('pipeline', pipeline.name, 'a pipeline that decides about events');
  const ofKey = key === undefined ? '' : ` AND ${over.key} = ${quoteText(key)}`;
  const rows = await rowsOf(
    sql,
    `SELECT *, CAST(arrival_time AS VARCHAR) AS arrival_time_text, array_join(rules_fired, ',') AS fired_text,
       array_join(reasons, chr(10)) AS reasons_text, array_join(list_hits, chr(10)) AS hits_text
     FROM decisions WHERE event_id = ${quoteText(eventId)}${ofKey} ORDER BY ${over.key}`,
  );
  const [row] = rows;
  if (row === undefined) throw usageError('event', eventId, 'the id of an event that was decided about, as in the table decisions');
  if (rows.length > 1) throw usageError('--key', 'nothing', rows.map((one) => String(one[over.key])).join(', '));
  return row;
}

/** The event as it was parsed from the bytes that the archive has. */
async function eventOf({ pipeline, sql }: ExplainPorts, row: Row): Promise<Event> {
  const arrival = new Date(`${String(row['arrival_time_text']).replace(' ', 'T')}Z`);
  const hour = arrival.toISOString();
  const [record] = await rowsOf(
    sql,
    `SELECT to_base64(data) AS data FROM archive
     WHERE kind = 'record' AND dt = ${quoteText(hour.slice(0, 10))} AND hour = ${quoteText(hour.slice(11, 13))}
       AND shard_id = ${quoteText(String(row['shard_id']))} AND sequence = ${quoteText(String(row['sequence']))}
       AND sub_sequence = ${Number(row['sub_sequence'])}`,
  );
  if (record === undefined)
    throw usageError('record of the event in the archive', 'nothing', 'an archive that still has the hour of its arrival');
  const bytes = Buffer.from(String(record['data']), 'base64');
  const raw = { position: '', sequence: '', subSequence: 0, arrivalMs: arrival.getTime(), partitionKey: '', bytes };
  const parsed = createParser(pipeline)(raw);
  if ('event' in parsed) return parsed.event;
  throw new Error(`the archived record of the event is no event any more: ${parsed.rejection.message}`);
}

async function contributing(
  { pipeline, sql }: ExplainPorts,
  { event, row, features }: { readonly event: Event; readonly row: Row; readonly features: FeatureValues },
): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const [name, spec] of Object.entries(pipeline.features)) {
    if (spec.kind !== 'key' || features[name] === undefined) continue;
    const ids = await rowsOf(sql, historySql(pipeline, spec, { event, row }));
    found[name] = ids.map((one) => String(one['event_id']));
  }
  return found;
}

/** Earlier arrivals of the key that feed a feature, newest first. */
function historySql(pipeline: Pipeline, spec: KeyFeature, { event, row }: { readonly event: Event; readonly row: Row }): string {
  const type = pipeline.eventTypes[spec.over];
  const tileMs = floorTo(event.timeMs, spec.tileMs);
  const time = (ms: number): string => `TIMESTAMP ${quoteText(new Date(ms).toISOString().replace('T', ' ').replace('Z', ''))}`;
  const sequence = String(row['sequence']);
  // Many events may share a record.
  const before = `lpad(sequence, 56, '0') < ${quoteText(sequence.padStart(56, '0'))}
     OR (sequence = ${quoteText(sequence)} AND sub_sequence < ${Number(row['sub_sequence'])})`;
  const place = `(arrival_time < TIMESTAMP ${quoteText(String(row['arrival_time_text']))}
     OR (shard_id = ${quoteText(String(row['shard_id']))} AND (${before})))`;
  const equal = [
    ...spec.per.map((field) => [field, event.values[field]] as const),
    ...Object.entries(spec.where ?? {}).map(([field, value]) => [field, value] as const),
  ].map(([field, value]) => (value === undefined ? `${field} IS NULL` : `CAST(${field} AS VARCHAR) = ${quoteText(String(value))}`));
  const isOfField = spec.field !== undefined && rememberedBy(spec) === undefined;
  const present = [...(isOfField ? [spec.field ?? ''] : []), ...(spec.place ?? [])].map((name) => {
    const field = type?.fields[name];
    return `${field === undefined ? name : fieldColumn(name, field)} IS NOT NULL`;
  });
  const conditions = [
    `${type?.key} = ${quoteText(event.key)}`,
    "lane = 'accepted'",
    `event_time >= ${time(tileMs - spec.windowMs)} AND event_time < ${time(tileMs + spec.tileMs)}`,
    `event_id <> ${quoteText(event.id)}`,
    place,
    ...equal,
    ...present,
  ];
  return `SELECT event_id FROM (SELECT event_id, event_time FROM ${type?.table} WHERE ${conditions.join(' AND ')} LIMIT ${HISTORY_MAX}) AS t
    ORDER BY event_time DESC, event_id LIMIT ${EVENTS_MAX}`;
}

async function rowsOf(sql: Pick<LakeQueries, 'query'>, text: string): Promise<Row[]> {
  const { columns, rows } = await sql.query(text);
  return rows.map((row) => Object.fromEntries(columns.map((column, i) => [column.name, row[i]])));
}

function linesOf(cell: unknown): string[] {
  return typeof cell === 'string' && cell !== '' ? cell.split('\n') : [];
}
