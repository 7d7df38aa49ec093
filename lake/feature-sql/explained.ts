import type { CelVariable } from '../../core/cel/types.ts';
import { EXPLAINED } from '../../core/definition/features.ts';
import type { LabelSpec, Pipeline } from '../../core/definition/pipeline.ts';
import { type Condition, compileCondition } from '../../core/rules/condition.ts';
import { type Variable, variablesOf } from '../../core/rules/variables.ts';
import { conditionSql } from './condition.ts';
import { type Draft, sameEvent } from './draft.ts';
import { columnSql, floorSql, msSql } from './terms.ts';

const DAY_MS = 86_400_000;

/** What explains frauds, over fields of the judged event and features of its key. */
export function conditionOf(pipeline: Pipeline): Condition {
  const { decision, features } = pipeline;
  const ofKey = Object.entries(features).filter(([, { kind }]) => kind === 'key');
  const variables = variablesOf({ ...pipeline, features: Object.fromEntries(ofKey) }, decision?.over ?? '');
  return compileCondition(decision?.labels?.explained?.when ?? 'false', variables, 'decision.labels.explained.when');
}

/** Names of the features that a condition reads. */
export function readsOf({ reads }: Condition): string[] {
  return reads.filter(isFeature).map(({ from }) => from);
}

function isFeature({ path }: CelVariable): boolean {
  return path.startsWith('features.');
}

interface Explaining {
  readonly labels: LabelSpec;
  /** Type of the judged events. */
  readonly over: string;
  readonly condition: Condition;
  /** Relation with the values of each feature that the condition reads, for every judged event. */
  readonly values: ReadonlyMap<string, string>;
  /** Fields that are wanted of labels. */
  readonly fields: readonly string[];
}

/** Writes the steps that tell of each label whether its event explains it; gives the relation of labels. Throws NoSqlError. */
export function explainedStep(draft: Draft, explaining: Explaining): string {
  const { labels, fields } = explaining;
  const events = draft.events(labels.over, [...fields, labels.fraud, labels.subject]);
  const { fields: own } = draft.typeOf(labels.over);
  const rememberMs = labels.explained?.rememberMs ?? 0;
  const subject = [
    'm.event_key = l.event_key',
    `m.event_id = ${columnSql('l', labels.subject, own)}`,
    'm.arrival < l.arrival',
    `m.event_ms >= ${floorSql('l.event_ms', DAY_MS)} - ${rememberMs}`,
    columnSql('l', labels.fraud, own),
  ];
  const found = `    SELECT DISTINCT l.event_key, l.event_id, l.event_ms\n    FROM ${events} l\n    JOIN ${unusualStep(draft, explaining)} m ON ${subject.join('\n      AND ')}`;
  const ids = draft.step('explained_frauds', found);
  return draft.step(
    'told_labels',
    `    SELECT l.*, x.event_id IS NOT NULL AS ${EXPLAINED}\n    FROM ${events} l\n    LEFT JOIN ${ids} x ON ${sameEvent('x', 'l')}`,
  );
}

/** Events that explain a fraud, as they were judged. */
function unusualStep(draft: Draft, { over, condition, values }: Explaining): string {
  const names = condition.reads.filter((one) => !isFeature(one)).map(({ from }) => from);
  const events = draft.events(over, names);
  const { fields } = draft.typeOf(over);
  const joins = [...values].map(([name, step]) => `    JOIN ${step} ${aliasOf(name)} ON ${sameEvent(aliasOf(name), 'e')}`);
  const sql = (variable: CelVariable): string => {
    const known = condition.reads.find(({ path }) => path === variable.path);
    if (known === undefined) throw new Error(`${variable.path} is not read`);
    return isFeature(known) ? `${aliasOf(known.from)}.value` : fieldSql(columnSql('e', known.from, fields), known);
  };
  const where = conditionSql(condition.compiled.typed, sql);
  const lines = ['    SELECT e.event_key, e.event_id, e.event_ms, e.arrival', `    FROM ${events} e`, ...joins, `    WHERE ${where}`];
  return draft.step('unusual_events', lines.join('\n'));
}

function aliasOf(feature: string): string {
  return `of_${feature}`;
}

/** A field as CEL sees it. */
function fieldSql(column: string, { type }: Variable): string {
  if (type === 'timestamp') return msSql(column);
  return type === 'double' ? `CAST(${column} AS DOUBLE)` : column;
}
