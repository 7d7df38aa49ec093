import type { AlertSpec } from './alerts.ts';
import { checkPipeline } from './check.ts';
import type { FeatureSpec } from './features.ts';
import type { FieldSpec } from './fields.ts';
import type { MeasureSpec } from './measures.ts';
import { DEFAULT_LAKE, type LakeSpec } from './retention.ts';
import type { WindowSpec } from './windows.ts';

/** One kind of event. `event_id` and `event_time` are implied; `type` on the wire tells event types apart. */
export interface EventTypeSpec {
  readonly description: string;
  readonly fields: Readonly<Record<string, FieldSpec>>;
  /** Field that is the Kinesis partition key. */
  readonly key: string;
  /** Lake table that holds these events. */
  readonly table: string;
}

/** A group-by field; `missing` stands in when an event lacks it. */
export interface GroupField {
  readonly field: string;
  readonly missing?: string;
}

/** One windowed aggregate and its lake table (same name). */
export interface AggregateSpec {
  readonly description: string;
  readonly over: string;
  readonly window: WindowSpec;
  readonly groupBy: readonly (string | GroupField)[];
  /** Column name to measure, in column order. */
  readonly measures: Readonly<Record<string, MeasureSpec>>;
}

/** Time limits of the pipeline, ms. */
export interface TimeSpec {
  /** How far behind the greatest event time of its shard an event may be without counting as out of order. */
  readonly outOfOrdernessMs: number;
  /** How long after its end a window still takes events, in event time. */
  readonly allowedLatenessMs: number;
  /** Processing time after which a silent shard no longer holds the watermark. */
  readonly idleTimeoutMs: number;
  /** Event ids are remembered for this long (event time) behind the watermark; at least `allowedLatenessMs`. */
  readonly duplicateMemoryMs: number;
  /** Events further ahead of their arrival than this are quarantined as TIME_IN_FUTURE. */
  readonly futureMs: number;
}

/** Which events are judged by rules, and how points become an outcome. */
export interface DecisionSpec extends Thresholds {
  readonly over: string;
  /** Whether a change of rules that counts needs a second person; false if absent. */
  readonly twoPeople?: boolean;
  /** Events that say later what became of a judged one; without them a back-test has no truth. */
  readonly labels?: LabelSpec;
  /** Kinds of fraud with thresholds of their own, for the points of the rules that name them; the worst outcome counts. */
  readonly typologies?: Readonly<Record<string, Thresholds & { readonly description: string }>>;
}

/** Which events are labels, and the fields that say of what and what. */
export interface LabelSpec {
  /** Event type; its event time is when the label became known. */
  readonly over: string;
  /** Field with the id of the judged event. */
  readonly subject: string;
  /** Field with the time of the judged event. */
  readonly subjectTime: string;
  /** Flag that is true for fraud. */
  readonly fraud: string;
  /** Which frauds explain themselves; features over labels can leave them out (`explained: false`). */
  readonly explained?: ExplainedSpec;
}

/**
 * A fraud is explained if its event was itself unusual: an expensive payment says nothing about the terminal where it was made. The label's subject
 * must be an event of its key that came before it, at most `rememberMs` ago; any other fraud is not explained.
 */
export interface ExplainedSpec {
  /** CEL over the judged event and features of its key, as they were when it came. Without history it is false. */
  readonly when: string;
  /** How long the key remembers such events, in event time, whole days. Of more than 256 the latest are remembered. */
  readonly rememberMs: number;
}

/** Points from which on an event is reviewed, and declined. */
export interface Thresholds {
  readonly reviewPoints: number;
  readonly declinePoints: number;
}

/** What a pipeline author writes. */
export interface PipelineSpec {
  readonly name: string;
  /** Grows by one with each change of meaning; a build older than the recorded version refuses to run. */
  readonly version: number;
  readonly eventTypes: Readonly<Record<string, EventTypeSpec>>;
  readonly aggregates: Readonly<Record<string, AggregateSpec>>;
  readonly features?: Readonly<Record<string, FeatureSpec>>;
  readonly decision?: DecisionSpec;
  readonly alerts?: AlertSpec | undefined;
  readonly time?: Partial<TimeSpec>;
  readonly lake?: Partial<LakeSpec>;
}

/** A checked pipeline: defaults filled in, implied fields added. */
export interface Pipeline {
  readonly name: string;
  readonly version: number;
  readonly eventTypes: Readonly<Record<string, EventTypeSpec>>;
  readonly aggregates: Readonly<Record<string, Aggregate>>;
  readonly features: Readonly<Record<string, FeatureSpec>>;
  readonly decision: DecisionSpec | undefined;
  readonly alerts: AlertSpec | undefined;
  readonly time: TimeSpec;
  readonly lake: LakeSpec;
}

/** A checked aggregate. */
export interface Aggregate {
  readonly name: string;
  readonly description: string;
  readonly over: string;
  readonly window: WindowSpec;
  readonly groupBy: readonly GroupField[];
  readonly measures: Readonly<Record<string, MeasureSpec>>;
}

/** Defaults: a minute of disorder, ten minutes of lateness, idle after a minute; ids for an hour; a day ahead at most. */
export const DEFAULT_TIME: TimeSpec = {
  outOfOrdernessMs: 60_000,
  allowedLatenessMs: 600_000,
  idleTimeoutMs: 60_000,
  duplicateMemoryMs: 3_600_000,
  futureMs: 86_400_000,
};

/** Fields every event type has. */
const IMPLIED_FIELDS: Readonly<Record<string, FieldSpec>> = {
  event_id: { kind: 'string', optional: false, maxLength: 128 },
  event_time: { kind: 'time', optional: false },
};

function aggregateOf(name: string, spec: AggregateSpec): Aggregate {
  const groupBy = spec.groupBy.map((group) => (typeof group === 'string' ? { field: group } : group));
  return { ...spec, name, groupBy };
}

/** Checks a pipeline spec and fills in defaults. Throws UsageError saying what was wrong, the value received and what is allowed. */
export function definePipeline(spec: PipelineSpec): Pipeline {
  const eventTypes = Object.fromEntries(
    Object.entries(spec.eventTypes).map(([name, type]) => [name, { ...type, fields: { ...IMPLIED_FIELDS, ...type.fields } }]),
  );
  const pipeline: Pipeline = {
    name: spec.name,
    version: spec.version,
    eventTypes,
    aggregates: Object.fromEntries(Object.entries(spec.aggregates).map(([name, one]) => [name, aggregateOf(name, one)])),
    features: spec.features ?? {},
    decision: spec.decision,
    alerts: spec.alerts,
    time: { ...DEFAULT_TIME, ...spec.time },
    lake: { ...DEFAULT_LAKE, ...spec.lake },
  };
  checkPipeline(pipeline);
  return pipeline;
}
