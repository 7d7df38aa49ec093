import type { Pipeline } from '../../core/definition/pipeline.ts';
import { noSqlReason } from './query.ts';
import { madeOf } from './reach.ts';
import { featureOf } from './values.ts';
import { assumptions, equalFields, meaningLines } from './words.ts';

/** What a feature is, for people and programs; names as in JSON. */
export interface FeatureDescription {
  readonly name: string;
  readonly description: string;
  readonly measure: string;
  /** Field, or other feature, that it measures; null for none. */
  readonly field: string | null;
  /** Event type that it is over. */
  readonly over: string;
  /** Fields that must be equal in the judged event and in those that count. */
  readonly by: readonly string[];
  readonly where: Readonly<Record<string, unknown>>;
  readonly window_ms: number;
  readonly tile_ms: number;
  /** How long before the event the window ends at the latest; null where it reaches up to the event. */
  readonly delay_ms: number | null;
  /** Features that its value is made of. */
  readonly made_of: readonly string[];
  readonly meaning: string;
  /** Where the SQL may say something else than the stream. */
  readonly sql_assumes: readonly string[];
  /** Why it has no SQL; null if it has. */
  readonly no_sql: string | null;
}

/** Describes one feature. Throws UsageError for an unknown name. */
export function describeFeature(pipeline: Pipeline, name: string): FeatureDescription {
  const spec = featureOf(pipeline, name);
  return {
    ...{ name, description: spec.description, measure: spec.measure, field: spec.field ?? null, over: spec.over },
    ...{ by: equalFields(pipeline, spec), where: spec.where ?? {} },
    ...{ window_ms: spec.windowMs, tile_ms: spec.tileMs, delay_ms: spec.kind === 'tile' ? spec.delayMs : null },
    ...{ made_of: madeOf(pipeline, spec), meaning: meaningLines(pipeline, spec).join(' '), sql_assumes: assumptions(pipeline, name) },
    no_sql: noSqlReason(pipeline, name) ?? null,
  };
}
