import { usageError } from '../errors.ts';
import { checkAlerts } from './alerts.ts';
import { checkFilter, ensure, FIELD_KINDS, type Fields, fieldOf, isText, listOf, NUMERIC } from './check-tools.ts';
import { checkFeatureMeasure, checkRemembered } from './feature-measures.ts';
import { EXPLAINED, type FeatureSpec } from './features.ts';
import type { FieldSpec } from './fields.ts';
import type { MeasureSpec } from './measures.ts';
import { checkPersonal } from './personal.ts';
import type { Aggregate, EventTypeSpec, LabelSpec, Pipeline, Thresholds } from './pipeline.ts';
import { checkRetention } from './retention.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A scale of nine keeps whole numbers up to nine million exact. */
const SCALE_MAX = 9;
/** Part of stream, bucket and function names, which allow 63 characters in all. */
const PIPELINE_NAME = /^[a-z][a-z0-9-]{0,31}$/;
/** Names become SQL columns, tables and folders. */
const NAME = /^[a-z][a-z0-9_]{0,63}$/;
/** Tables every lake has. */
const OWN_TABLES = ['archive', 'quarantine', 'ledger', 'decisions', 'alerts', 'alert_deliveries', 'late_events'];
/** Partition columns, and columns that the lake adds to tables of events and aggregates. */
const OWN_COLUMNS = [
  ...['dt', 'hour', 'gen', 'type', 'lane', 'shard_id', 'sequence', 'sub_sequence', 'arrival_time', 'partition_key'],
  ...['window_start', 'window_end', 'revision', 'duration_ms'],
];
/** Columns of `decisions` and `alerts`, where the key field of the judged events stands beside them. */
const DECISION_COLUMNS = [
  ...['event_id', 'event_time', 'outcome', 'score', 'rules_fired', 'rules_failed', 'rules_shadow', 'reasons', 'features'],
  ...['rule_tests', 'typology_scores', 'list_hits', 'trial_version', 'trial_outcome', 'trial_score', 'trial_fired'],
  ...['rule_set_version', 'definition_version', 'tile_frontier', 'alert_id', 'rule_id', 'rule_version', 'points', 'reason'],
  ...['rule_values', 'alert_group', 'delivery', 'case_id', 'decided_at', 'expected_loss_minor'],
];

const GROUPABLE = ['string', 'currency', 'boolean', 'integer', 'fixed'];
/** Kinds of field each measure takes; a count takes none. */
const MEASURE_KINDS: Readonly<Record<MeasureSpec['kind'], readonly string[]>> = {
  count: [],
  sum: NUMERIC,
  min: NUMERIC,
  max: NUMERIC,
  mean: NUMERIC,
  stddev: NUMERIC,
  quantile: NUMERIC,
  distinct: ['string', 'currency', 'integer'],
  first: FIELD_KINDS,
  last: FIELD_KINDS,
};

/** Checks a whole definition. Throws UsageError with the path of the first thing that is wrong, the value received and what is allowed. */
export function checkPipeline(pipeline: Pipeline): void {
  ensure(
    isText(pipeline.name) && PIPELINE_NAME.test(pipeline.name),
    'name',
    pipeline.name,
    'a-z, 0-9 and -, a letter first, 1..32 characters',
  );
  checkWhole('version', pipeline.version, 1);
  ensure(Object.keys(pipeline.eventTypes).length > 0, 'eventTypes', '{}', 'at least one event type');
  for (const [name, type] of Object.entries(pipeline.eventTypes)) checkEventType(`eventTypes.${name}`, name, type);
  for (const aggregate of Object.values(pipeline.aggregates)) checkAggregate(pipeline, aggregate);
  checkTables(pipeline);
  checkTime(pipeline);
  checkDecision(pipeline);
  checkAlerts(pipeline);
  for (const [name, feature] of Object.entries(pipeline.features)) checkFeature(pipeline, `features.${name}`, name, feature);
  checkPersonal(pipeline);
}

function checkWhole(path: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  const range = most === Number.MAX_SAFE_INTEGER ? `a whole number, at least ${least}` : `a whole number in ${least}..${most}`;
  ensure(Number.isSafeInteger(value) && value >= least && value <= most, path, value, range);
}

function checkName(path: string, name: unknown): void {
  ensure(isText(name) && NAME.test(String(name)), path, name, 'snake_case: a-z, 0-9 and _, a letter first, 1..64 characters');
}

function checkColumnName(path: string, name: string): void {
  checkName(path, name);
  ensure(!OWN_COLUMNS.includes(name), path, name, `a name other than the lake's own columns (${listOf(OWN_COLUMNS)})`);
}

/** The event type; a usage error unless it exists. */
function typeOf(path: string, pipeline: Pipeline, name: unknown): EventTypeSpec {
  const type = isText(name) && Object.hasOwn(pipeline.eventTypes, String(name)) ? pipeline.eventTypes[String(name)] : undefined;
  if (type === undefined) throw usageError(path, name, `an event type (${listOf(Object.keys(pipeline.eventTypes))})`);
  return type;
}

function checkEventType(path: string, name: string, type: EventTypeSpec): void {
  checkName(path, name);
  const { fields } = type;
  for (const [field, spec] of Object.entries(fields)) checkField(`${path}.fields.${field}`, field, spec, fields);
  checkImplied(path, fields, 'event_id', 'string');
  checkImplied(path, fields, 'event_time', 'time');
  const key = fieldOf(`${path}.key`, fields, type.key, ['string']);
  ensure(!key.optional, `${path}.key`, `${type.key}, which is optional`, 'a required text field');
}

function checkImplied(path: string, fields: Fields, name: string, kind: FieldSpec['kind']): void {
  const spec = fields[name];
  const isRight = spec?.kind === kind && !spec.optional;
  ensure(isRight, `${path}.fields.${name}`, spec?.kind, `left out, or a required field of kind ${kind}: every event has it`);
}

function checkField(path: string, name: string, spec: FieldSpec, fields: Fields): void {
  checkColumnName(path, name);
  ensure(FIELD_KINDS.includes(spec.kind), `${path}.kind`, spec.kind, listOf(FIELD_KINDS));
  if (spec.kind === 'string') checkWhole(`${path}.maxLength`, spec.maxLength, 1);
  if (spec.kind === 'fixed') checkWhole(`${path}.scale`, spec.scale, 0, SCALE_MAX);
  if (spec.kind !== 'money') return;
  const currency = fieldOf(`${path}.currencyField`, fields, spec.currencyField, ['currency']);
  const isKnown = spec.optional || !currency.optional;
  ensure(
    isKnown,
    `${path}.currencyField`,
    `${spec.currencyField}, which is optional`,
    'a required currency field, since the money is required',
  );
  ensure(
    !Object.hasOwn(fields, `${name}_minor`),
    `${path}_minor`,
    'a field',
    `no field of this name: it is the column of ${name} in minor units`,
  );
}

function checkAggregate(pipeline: Pipeline, aggregate: Aggregate): void {
  const path = `aggregates.${aggregate.name}`;
  const type = typeOf(`${path}.over`, pipeline, aggregate.over);
  checkWindow(`${path}.window`, aggregate.window);
  checkGroups(path, aggregate, type);
  const measures = Object.entries(aggregate.measures);
  ensure(measures.length > 0, `${path}.measures`, '{}', 'at least one measure');
  for (const [name, measure] of measures) checkMeasure(`${path}.measures.${name}`, name, measure, { aggregate, fields: type.fields });
}

function checkWindow(path: string, window: Aggregate['window']): void {
  if (window.kind === 'session') {
    checkWhole(`${path}.gapMs`, window.gapMs, 1);
    return;
  }
  const { kind } = window;
  ensure(kind === 'tumbling' || kind === 'hopping', `${path}.kind`, kind, 'tumbling, hopping, session');
  checkWhole(`${path}.sizeMs`, window.sizeMs, 1);
  if (window.kind === 'tumbling') return;
  const { sizeMs, advanceMs } = window;
  checkWhole(`${path}.advanceMs`, advanceMs, 1, sizeMs);
  ensure(sizeMs % advanceMs === 0, `${path}.advanceMs`, advanceMs, `a divisor of sizeMs (${sizeMs})`);
}

function checkGroups(path: string, aggregate: Aggregate, type: EventTypeSpec): void {
  const names = aggregate.groupBy.map(({ field }) => field);
  for (const [i, { field, missing }] of aggregate.groupBy.entries()) {
    const at = `${path}.groupBy[${i}]`;
    const spec = fieldOf(at, type.fields, field, GROUPABLE);
    ensure(names.indexOf(field) === i, at, field, 'each field once');
    const isReplaced = missing !== undefined;
    ensure(
      isReplaced || !spec.optional,
      at,
      `${field}, which is optional`,
      'a required field, or one with a text in `missing` that stands in',
    );
    const isTextual = spec.kind === 'string' || spec.kind === 'currency';
    ensure(
      !isReplaced || (isTextual && isText(missing) && missing !== ''),
      `${at}.missing`,
      missing,
      'a text of 1 character or more, for text and currency fields',
    );
  }
  const isKeyed = aggregate.window.kind !== 'session' || names.includes(type.key);
  ensure(isKeyed, `${path}.groupBy`, listOf(names), `a list with the key field ${type.key}: sessions exist over the partition key only`);
}

interface MeasureScope {
  readonly aggregate: Aggregate;
  readonly fields: Fields;
}

function checkMeasure(path: string, name: string, measure: MeasureSpec, { aggregate, fields }: MeasureScope): void {
  checkColumnName(path, name);
  const groups = aggregate.groupBy.map(({ field }) => field);
  ensure(!groups.includes(name), path, name, `a name other than the group columns (${listOf(groups)})`);
  ensure(Object.hasOwn(MEASURE_KINDS, measure.kind), `${path}.kind`, measure.kind, listOf(Object.keys(MEASURE_KINDS)));
  if (measure.kind === 'count') return;
  const spec = fieldOf(`${path}.field`, fields, measure.field, MEASURE_KINDS[measure.kind]);
  if (measure.kind === 'quantile') {
    ensure(
      typeof measure.share === 'number' && measure.share > 0 && measure.share <= 1,
      `${path}.share`,
      measure.share,
      'a number above 0 and at most 1',
    );
  }
  if (spec.kind !== 'money') return;
  const isOneCurrency = groups.includes(spec.currencyField);
  ensure(
    isOneCurrency,
    path,
    `${measure.kind} of ${measure.field} grouped by ${listOf(groups)}`,
    `money only with ${spec.currencyField} in groupBy: currencies do not mix`,
  );
}

function checkTables(pipeline: Pipeline): void {
  const seen = new Map(OWN_TABLES.map((name) => [name, 'the lake itself']));
  const take = (path: string, name: string): void => {
    checkName(path, name);
    const owner = seen.get(name);
    ensure(owner === undefined, path, name, `a table name that is free; this one belongs to ${owner}`);
    seen.set(name, path);
  };
  for (const [name, type] of Object.entries(pipeline.eventTypes)) take(`eventTypes.${name}.table`, type.table);
  for (const name of Object.keys(pipeline.aggregates)) take(`aggregates.${name}`, name);
  checkRetention(pipeline.lake, new Set(seen.keys()));
}

function checkTime({ time }: Pipeline): void {
  checkWhole('time.outOfOrdernessMs', time.outOfOrdernessMs, 0);
  checkWhole('time.allowedLatenessMs', time.allowedLatenessMs, 0);
  checkWhole('time.idleTimeoutMs', time.idleTimeoutMs, 0);
  checkWhole('time.futureMs', time.futureMs, 0);
  // An id forgotten while its event is not yet late would let a repeat be counted again.
  checkWhole('time.duplicateMemoryMs', time.duplicateMemoryMs, time.allowedLatenessMs);
}

function checkDecision(pipeline: Pipeline): void {
  const { decision, features } = pipeline;
  const names = Object.keys(features);
  ensure(decision !== undefined || names.length === 0, 'decision', decision, `a decision, since there are features (${listOf(names)})`);
  if (decision === undefined) return;
  const type = typeOf('decision.over', pipeline, decision.over);
  ensure(
    !DECISION_COLUMNS.includes(type.key),
    `eventTypes.${decision.over}.key`,
    type.key,
    `a name other than the columns of decisions and alerts (${listOf(DECISION_COLUMNS)})`,
  );
  checkThresholds('decision', decision);
  checkLabels(pipeline, decision.labels);
  for (const [name, typology] of Object.entries(decision.typologies ?? {})) {
    checkName(`decision.typologies.${name}`, name);
    checkThresholds(`decision.typologies.${name}`, typology);
  }
}

function checkLabels(pipeline: Pipeline, labels: LabelSpec | undefined): void {
  if (labels === undefined) return;
  const { fields, key } = typeOf('decision.labels.over', pipeline, labels.over);
  const judged = typeOf('decision.over', pipeline, pipeline.decision?.over);
  ensure(key === judged.key, 'decision.labels.over', labels.over, `an event type with the key of the judged events, ${judged.key}`);
  fieldOf('decision.labels.subject', fields, labels.subject, ['string']);
  fieldOf('decision.labels.subjectTime', fields, labels.subjectTime, ['time']);
  fieldOf('decision.labels.fraud', fields, labels.fraud, ['boolean']);
  if (labels.explained === undefined) return;
  const path = 'decision.labels.explained';
  const { when, rememberMs } = labels.explained;
  ensure(isText(when), `${path}.when`, when, 'a condition in CEL over the judged event and features of its key');
  checkWhole(`${path}.rememberMs`, rememberMs, DAY_MS);
  ensure(rememberMs % DAY_MS === 0, `${path}.rememberMs`, rememberMs, `whole days, a multiple of ${DAY_MS}`);
  ensure(
    !Object.hasOwn(fields, EXPLAINED),
    `eventTypes.${labels.over}.fields`,
    EXPLAINED,
    `another name: it is what ${path} says of labels`,
  );
}

/** Fields that a feature can look at. What explains a label is known once it is judged, so that features over keys cannot have it. */
function fieldsOver({ decision }: Pipeline, { kind, over }: FeatureSpec, fields: Fields): Fields {
  const isTold = kind === 'tile' && decision?.labels?.explained !== undefined && decision.labels.over === over;
  return isTold ? { ...fields, [EXPLAINED]: { kind: 'boolean', optional: false } } : fields;
}

function checkThresholds(path: string, { reviewPoints, declinePoints }: Thresholds): void {
  checkWhole(`${path}.reviewPoints`, reviewPoints, 1);
  checkWhole(`${path}.declinePoints`, declinePoints, reviewPoints);
}

function checkFeature(pipeline: Pipeline, path: string, name: string, feature: FeatureSpec): void {
  checkName(path, name);
  ensure(feature.kind === 'key' || feature.kind === 'tile', `${path}.kind`, feature.kind, 'key, tile');
  const over = typeOf(`${path}.over`, pipeline, feature.over);
  const judged = typeOf('decision.over', pipeline, pipeline.decision?.over);
  const fields = fieldsOver(pipeline, feature, over.fields);
  checkFilter(`${path}.where`, feature.where ?? {}, fields);
  checkWhole(`${path}.tileMs`, feature.tileMs, 1);
  checkWhole(`${path}.windowMs`, feature.windowMs, 1);
  ensure(feature.windowMs % feature.tileMs === 0, `${path}.windowMs`, feature.windowMs, `a multiple of tileMs (${feature.tileMs})`);
  if (feature.kind === 'key') {
    for (const [i, field] of feature.per.entries()) checkShared(`${path}.per[${i}]`, field, over.fields, judged.fields);
    ensure(
      over.key === judged.key,
      `${path}.over`,
      `${feature.over}, whose key is ${over.key}`,
      `an event type with the key of the judged events, ${judged.key}`,
    );
  } else {
    checkShared(`${path}.by`, feature.by, over.fields, judged.fields);
    checkTiles(path, feature, pipeline.time);
  }
  checkFeatureMeasure(path, feature, { over: fields, judged: judged.fields });
  checkRemembered(path, feature, pipeline.features);
}

/** A field by which events are found must mean the same in the events that are judged. */
function checkShared(path: string, field: unknown, over: Fields, judged: Fields): void {
  const spec = fieldOf(path, over, field, GROUPABLE);
  const twin = fieldOf(`${path} in the judged events`, judged, field, [spec.kind]);
  const isSame = spec.kind !== 'fixed' || (twin.kind === 'fixed' && twin.scale === spec.scale);
  ensure(isSame, path, field, 'a field with the same scale in both event types');
}

function checkTiles(path: string, feature: Extract<FeatureSpec, { readonly kind: 'tile' }>, time: Pipeline['time']): void {
  const { tileMs, delayMs } = feature;
  // Records wait for the tiles they need: minutes would hold up the stream.
  ensure(tileMs % HOUR_MS === 0, `${path}.tileMs`, tileMs, `whole hours, a multiple of ${HOUR_MS}`);
  checkWhole(`${path}.delayMs`, delayMs, time.outOfOrdernessMs + time.allowedLatenessMs + tileMs);
  ensure(delayMs % tileMs === 0, `${path}.delayMs`, delayMs, `a multiple of tileMs (${tileMs})`);
}
