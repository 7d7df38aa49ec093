import type { Aggregate, DecisionSpec, EventTypeSpec, Pipeline } from '../core/definition/pipeline.ts';
import { usageError } from '../core/errors.ts';
import { fieldColumn, fieldType, measureType, nullable, required } from './columns.ts';
import { archiveTable, arrival, lateTable, ledgerTable, place, quarantineTable } from './raw-tables.ts';
import type { Column, MoneyColumn, TableSchema } from './schema.ts';

/** How long the lake keeps what, and where, as the pipeline says it. */
export type Retention = Pipeline['lake'];

/** All lake tables of a checked pipeline. */
export function tablesOf(pipeline: Pipeline): TableSchema[] {
  const { decision, lake } = pipeline;
  const tables = [
    archiveTable(),
    ...Object.values(pipeline.eventTypes).map(eventTableOf),
    ...(decision === undefined
      ? []
      : [
          decisionTableOf(pipeline, decision),
          alertTableOf(pipeline, decision),
          alertDeliveryTableOf(pipeline, decision),
          whatIfTableOf(pipeline, decision),
        ]),
    lateTable(),
    quarantineTable(),
    ledgerTable(),
    ...Object.values(pipeline.aggregates).map((aggregate) => aggregateTableOf(pipeline, aggregate)),
  ];
  return tables.map((table) => {
    const keptDays = lake.keptDays[table.name];
    return keptDays === undefined ? table : { ...table, keptDays };
  });
}

/** Table of one event type: the event, how it was judged, and where it stood in the stream. */
export function eventTableOf(type: EventTypeSpec): TableSchema {
  return {
    name: type.table,
    description: type.description,
    columns: [...identityColumns(), ...fieldColumns(type), lane(), partitionKey(), ...place(), arrival()],
    partitionColumn: 'event_time',
    idColumns: [type.key, 'event_id'],
    clusterColumns: [type.key],
    money: moneyOf(type),
  };
}

/** Table of decisions: one row for each judged event. */
export function decisionTableOf(pipeline: Pipeline, decision: DecisionSpec): TableSchema {
  const key = keyOf(pipeline, decision);
  return {
    name: 'decisions',
    description: `What the rules decided about each ${decision.over}.`,
    columns: [
      ...identityColumns(),
      required(key, 'string', 'Partition key of the event.'),
      lane(),
      required('outcome', 'string', 'What was decided.'),
      required('score', 'integer', 'Points of the rules that fired.'),
      required('rules_fired', 'list<string>', 'Ids of the active rules that fired.'),
      required('rules_failed', 'list<string>', 'Rules that could not be evaluated, with the error.'),
      required('rules_shadow', 'list<string>', 'Ids of the shadow rules that would have fired.'),
      required('reasons', 'list<string>', 'Reason of each rule that fired, in the order of rules_fired.'),
      nullable(
        'rule_tests',
        'string',
        'Tests that made each rule fire, with value and bound: a JSON object by rule id. None if no rule fired.',
      ),
      nullable('typology_scores', 'string', 'Points of each typology whose rules fired, a JSON object. None if no such rule fired.'),
      nullable(
        'list_hits',
        'list<string>',
        'Lists that block the event or let it pass, with the value and its reason. None if there is none.',
      ),
      ...trialColumns(),
      required('features', 'string', 'Feature values that the rules read, a JSON object.'),
      required('rule_set_version', 'string', 'Version of the rule set in force.'),
      required('definition_version', 'integer', 'Version of the pipeline definition in force.'),
      nullable('tile_frontier', 'timestamp', 'End of the tiles that features over other keys could read.'),
      ...place(),
      arrival(),
    ],
    partitionColumn: 'event_time',
    idColumns: [key, 'event_id'],
    clusterColumns: [key],
    money: [],
  };
}

/** What a rule set on trial would have decided; none while there is no trial. */
function trialColumns(): Column[] {
  return [
    nullable('trial_version', 'string', 'Version of the rule set on trial. None while there is none.'),
    nullable('trial_outcome', 'string', 'What it would have decided.'),
    nullable('trial_score', 'integer', 'Points of its rules that fired.'),
    nullable('trial_fired', 'list<string>', 'Ids of its active rules that fired, and of those that failed.'),
  ];
}

/** Table that holds decisions as other versions of the rules would have made them. */
export const WHAT_IF_TABLE = 'what_if_decisions';

/** Decisions that were never made: what another version of the rules would have decided, by version. */
export function whatIfTableOf(pipeline: Pipeline, decision: DecisionSpec): TableSchema {
  const made = decisionTableOf(pipeline, decision);
  return {
    ...made,
    name: WHAT_IF_TABLE,
    description: `What another version of the rules would have decided about each ${decision.over}.`,
    idColumns: ['rule_set_version', ...made.idColumns],
  };
}

/** Table of alerts: one row for each firing of an active rule for an event that was not approved. */
export function alertTableOf(pipeline: Pipeline, decision: DecisionSpec): TableSchema {
  const stake = alertStakeOf(pipeline);
  return {
    name: 'alerts',
    description: 'Every firing of an active rule for an event that was not approved.',
    columns: [
      required('alert_id', 'string', 'Derived from rule, key and event id.'),
      ...identityColumns(),
      required(keyOf(pipeline, decision), 'string', 'Partition key of the event.'),
      required('rule_id', 'string', 'Rule that fired.'),
      required('rule_version', 'integer', 'Version of that rule.'),
      required('points', 'integer', 'Points the rule adds to the score.'),
      required('reason', 'string', 'Reason in words.'),
      required('rule_values', 'string', 'Values that made the rule fire, a JSON object.'),
      required('outcome', 'string', 'What was decided about the event.'),
      required('alert_group', 'string', 'Alerts with the same group belong together.'),
      required('rule_set_version', 'string', 'Version of the rule set in force.'),
      ...place(),
      arrival(),
      nullable('score', 'integer', 'Points of the event, all rules together. None in rows of before there was this column.'),
      ...(stake === undefined
        ? []
        : [
            nullable(stake.minorColumn, 'bigint', `Field ${stake.name} of the event in minor units of its currency.`),
            nullable(stake.currencyColumn, 'string', 'Currency of the amount.'),
          ]),
    ],
    partitionColumn: 'event_time',
    idColumns: ['alert_id'],
    clusterColumns: [keyOf(pipeline, decision)],
    money: stake === undefined ? [] : [stake],
  };
}

/** Table that says what became of alerts. */
export const ALERT_DELIVERY_TABLE = 'alert_deliveries';

/** Table of deliveries: one row for each alert that reached its delivery. */
export function alertDeliveryTableOf(pipeline: Pipeline, decision: DecisionSpec): TableSchema {
  const key = keyOf(pipeline, decision);
  return {
    name: ALERT_DELIVERY_TABLE,
    description: 'What became of each alert: told, folded, snoozed or over_budget.',
    columns: [
      required('alert_id', 'string', 'The alert, as in alerts.'),
      ...identityColumns(),
      required(key, 'string', 'Partition key of the event.'),
      required('rule_id', 'string', 'Rule that fired.'),
      required('delivery', 'string', 'told by itself, folded into a summary, snoozed, or over_budget.'),
      nullable('case_id', 'string', 'Case that the alert belongs to; none if it is over the budget.'),
      nullable('expected_loss_minor', 'bigint', 'What the budget ranked it by, in minor units of its currency; none without a budget.'),
      required('decided_at', 'timestamp', 'Processing time of the decision, UTC.'),
    ],
    partitionColumn: 'event_time',
    idColumns: ['alert_id'],
    clusterColumns: [key],
    money: [],
  };
}

/** The money field that alerts carry, by its columns; undefined if the pipeline names none. */
export function alertStakeOf({ alerts, decision, eventTypes }: Pipeline): MoneyColumn | undefined {
  const name = alerts?.amount;
  const spec = name === undefined ? undefined : eventTypes[decision?.over ?? '']?.fields[name];
  return name === undefined || spec?.kind !== 'money'
    ? undefined
    : { name, minorColumn: fieldColumn(name, spec), currencyColumn: spec.currencyField };
}

/** Table of one aggregate: one row for each group, window and revision. */
export function aggregateTableOf(pipeline: Pipeline, aggregate: Aggregate): TableSchema {
  const fields = pipeline.eventTypes[aggregate.over]?.fields ?? {};
  const groups = aggregate.groupBy.map(({ field }) => {
    const spec = fields[field];
    return required(field, spec === undefined ? 'string' : fieldType(spec), 'Group.');
  });
  const isSession = aggregate.window.kind === 'session';
  const measures = Object.entries(aggregate.measures).map(([name, measure]): Column => {
    const isCount = measure.kind === 'count' || measure.kind === 'distinct';
    return {
      name,
      type: measureType(measure, fields),
      nullable: !isCount,
      description: `${'field' in measure ? `${measure.kind} of ${measure.field}` : measure.kind}.`,
    };
  });
  return {
    name: aggregate.name,
    description: aggregate.description,
    columns: [
      ...groups,
      required('window_start', 'timestamp', 'Start of the window, inclusive.'),
      required('window_end', 'timestamp', 'End of the window, exclusive.'),
      required('revision', 'integer', 'Grows by one each time the values of this row are corrected; 0 at first.'),
      ...(isSession ? [required('duration_ms', 'bigint', 'Last minus first event time, ms.')] : []),
      ...measures,
    ],
    partitionColumn: 'window_start',
    idColumns: [...groups.map(({ name }) => name), 'window_start'],
    clusterColumns: groups.map(({ name }) => name),
    money: [],
  };
}

function identityColumns(): Column[] {
  return [required('event_id', 'string', 'Id given by the producer.'), required('event_time', 'timestamp', 'When it happened, UTC.')];
}

function lane(): Column {
  return required('lane', 'string', 'Bin the event ended in: accepted or late.');
}

function partitionKey(): Column {
  return required('partition_key', 'string', 'Partition key that the producer sent.');
}

function fieldColumns(type: EventTypeSpec): Column[] {
  return declaredFields(type).map(([name, spec]) => ({
    name: fieldColumn(name, spec),
    type: fieldType(spec),
    nullable: spec.optional,
    description: spec.kind === 'money' ? `Field ${name} in minor units of its currency.` : `Field ${name}.`,
  }));
}

function moneyOf(type: EventTypeSpec): MoneyColumn[] {
  return declaredFields(type).flatMap(([name, spec]) =>
    spec.kind === 'money' ? [{ name, minorColumn: fieldColumn(name, spec), currencyColumn: spec.currencyField }] : [],
  );
}

/** Fields of an event type without the two that every type has. */
function declaredFields(type: EventTypeSpec): [string, EventTypeSpec['fields'][string]][] {
  return Object.entries(type.fields).filter(([name]) => name !== 'event_id' && name !== 'event_time');
}

function keyOf(pipeline: Pipeline, decision: DecisionSpec): string {
  const type = pipeline.eventTypes[decision.over];
  if (type === undefined) throw new Error(`event type ${decision.over} is not in the pipeline`);
  return type.key;
}

/** The tables of these names; all if there are none. Throws UsageError for an unknown one. */
export function tablesNamed(tables: readonly TableSchema[], names: readonly string[]): TableSchema[] {
  const unknown = names.find((name) => !tables.some((table) => table.name === name));
  if (unknown !== undefined) throw usageError('--table', unknown, tables.map(({ name }) => name).join(', '));
  return tables.filter(({ name }) => names.length === 0 || names.includes(name));
}
