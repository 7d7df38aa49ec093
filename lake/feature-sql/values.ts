import { EXPLAINED, type FeatureSpec, readsExplained, rememberedBy } from '../../core/definition/features.ts';
import { usageError } from '../../core/errors.ts';
import { type Draft, ID_COLUMNS, sameEvent } from './draft.ts';
import { conditionOf, explainedStep, readsOf } from './explained.ts';
import { fieldsOfJudged, fieldsRead, type MatchTypes, matchConditions, REMEMBERED } from './matches.ts';
import { aggregateSql } from './measure.ts';
import { ratioSteps, runSteps } from './ordered.ts';
import { travelSteps } from './travel.ts';

/** Relation of judged events, and their type. */
export interface Subject {
  readonly type: string;
  /** Put before the names of steps, so that those over different events stand side by side. */
  readonly prefix: string;
  readonly relation: (fields: readonly string[]) => string;
}

/** A feature of the pipeline. Throws UsageError for an unknown name. */
export function featureOf(pipeline: Draft['pipeline'], name: string): FeatureSpec {
  const spec = Object.hasOwn(pipeline.features, name) ? pipeline.features[name] : undefined;
  if (spec === undefined)
    throw usageError('feature', name, Object.keys(pipeline.features).join(', ') || 'none: the pipeline has no features');
  return spec;
}

/**
 * Writes the steps that give a feature of each event of `subject`, and gives the name of the last: a relation with the columns of an id
 * and `value`. Throws NoSqlError.
 */
export function valueStep(draft: Draft, name: string, subject: Subject): string {
  const spec = featureOf(draft.pipeline, name);
  const types: MatchTypes = { over: draft.typeOf(spec.over), judged: draft.typeOf(subject.type) };
  const from = joinSql(draft, { spec, types, subject });
  const own = { name: `${subject.prefix}${name}`, spec, types, from };
  if (spec.measure === 'ratio') return ratioSteps(draft, own);
  if (spec.measure === 'run' || spec.measure === 'run_age_days') return runSteps(draft, own);
  if (spec.place !== undefined) return travelSteps(draft, own);
  const ids = ID_COLUMNS.map((column) => `j.${column}`);
  const select = `    SELECT ${ids.join(', ')},\n      ${aggregateSql(spec, types.over.fields)} AS value`;
  return draft.step(`${own.name}_values`, `${select}\n${from}\n    GROUP BY ${ids.join(', ')}`);
}

interface Joined {
  readonly spec: FeatureSpec;
  readonly types: MatchTypes;
  readonly subject: Subject;
}

/** Every judged event with each event that counts for it; with NULLs where none does. */
function joinSql(draft: Draft, { spec, types, subject }: Joined): string {
  const judged = subject.relation(fieldsOfJudged(spec));
  const events = eventsOf(draft, spec);
  const on = matchConditions(spec, types).join('\n      AND ');
  return `    FROM ${judged} j\n    LEFT JOIN ${events} e ON ${on}`;
}

/** Relation of the events that a feature is over, with what it needs to know of them. */
function eventsOf(draft: Draft, spec: FeatureSpec): string {
  const fields = fieldsRead(spec);
  if (readsExplained(spec)) return explainedOf(draft, fields);
  const base = rememberedBy(spec);
  const events = draft.events(spec.over, fields);
  if (base === undefined) return events;
  const values = everyValue(draft, base, spec.over);
  return draft.step(
    `${base}_remembered`,
    `    SELECT e.*, v.value AS ${REMEMBERED}\n    FROM ${events} e\n    JOIN ${values} v ON ${sameEvent('v', 'e')}`,
  );
}

/** The values of a feature for all events of a type. */
function everyValue(draft: Draft, name: string, type: string): string {
  const prefix = `each_${type}_`;
  const step = `${prefix}${name}_values`;
  return draft.has(step) ? step : valueStep(draft, name, { type, prefix, relation: (fields) => draft.events(type, fields) });
}

function explainedOf(draft: Draft, fields: readonly string[]): string {
  const { decision } = draft.pipeline;
  const labels = decision?.labels;
  if (decision === undefined || labels?.explained === undefined) throw new Error(`${EXPLAINED} is told of no labels`);
  const condition = conditionOf(draft.pipeline);
  const values = new Map(readsOf(condition).map((name) => [name, everyValue(draft, name, decision.over)]));
  return explainedStep(draft, { labels, over: decision.over, condition, values, fields });
}
