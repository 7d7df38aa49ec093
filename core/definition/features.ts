/** Events a feature looks at: equality on fields, all must hold. */
export type FieldFilter = Readonly<Record<string, string | number | boolean>>;

/**
 * What a feature says of its events. `share` is 0..1; `since_last` is the time since the latest of them, `distance_km` how far the judged
 * event is from its place and `speed_kmh` how fast one would have had to travel; `ratio` is how many times as large as usual the judged event's
 * own value is; these four are over the partition key only. `run` is how many events at the end of the sequence, by event time and id, have the values
 * `of` without one in between that has others, `run_age_days` how many UTC days ago (by `since`) the first of those was; these two are over other keys
 * only.
 */
export type FeatureMeasure =
  | 'count'
  | 'sum'
  | 'mean'
  | 'stddev'
  | 'min'
  | 'max'
  | 'distinct'
  | 'share'
  | 'since_last'
  | 'distance_km'
  | 'speed_kmh'
  | 'ratio'
  | 'run'
  | 'run_age_days';

interface FeatureBase {
  /** Event type the feature is computed over. */
  readonly over: string;
  readonly where?: FieldFilter;
  readonly measure: FeatureMeasure;
  /**
   * Field of `sum`, `mean`, `stddev`, `min`, `max`, `ratio` (numbers) and `distinct`; `count` with a field counts the events that have it. Of a key `max` takes
   * another feature too, `features.<name>`: the value that it had when each event came. That one reads fields only.
   * Of a key whose events came over several shards nobody knows in which order, so a replay may find another value.
   */
  readonly field?: string;
  /** Of `share` and `run`: the values that events must have to count as that share, or to belong to the run. */
  readonly of?: FieldFilter;
  /** Of `distance_km` and `speed_kmh`: the fields with latitude and longitude, in degrees. */
  readonly place?: readonly [lat: string, lon: string];
  /** Of `run` and `run_age_days`: field with the time that an event counts from; a label's is known later than its transaction. */
  readonly since?: string;
  /** Of `ratio`: what is usual. */
  readonly usual?: UsualSpec;
  readonly windowMs: number;
  /** Width of one tile; `windowMs` is a multiple of it. */
  readonly tileMs: number;
  readonly description: string;
}

/**
 * What is usual of a field: of n values the floor(n / dropOneIn) largest are left out, at most `LARGEST_MAX`; of the k that stay, with sum s, it is
 * (s + prior) / (k + 1).
 */
export interface UsualSpec {
  /** At least 2. */
  readonly dropOneIn: number;
  /** Stands for one more value, so that a first event has a ratio too: above 0, in the field's own whole numbers (money in minor units). */
  readonly prior: number;
}

const OF_FEATURE = 'features.';

/** The feature whose values another one remembers; undefined for one that reads fields. */
export function rememberedBy({ field }: Pick<FeatureSpec, 'field'>): string | undefined {
  return field?.startsWith(OF_FEATURE) === true ? field.slice(OF_FEATURE.length) : undefined;
}

/** Flag of labels that the pipeline itself tells (`decision.labels.explained`): features may look for it as for a field. */
export const EXPLAINED = 'explained';

/** Whether a feature looks at labels by what explains them. */
export function readsExplained(spec: FeatureSpec | undefined): boolean {
  return spec !== undefined && (Object.hasOwn(spec.where ?? {}, EXPLAINED) || Object.hasOwn(spec.of ?? {}, EXPLAINED));
}

/** Largest values that tiles remember: exact up to so many times `dropOneIn` events in a window. */
export const LARGEST_MAX = 32;

/**
 * A number about the partition key of the judged event, over the earlier arrivals of that key whose event time lies in
 * `[floor_tile(t) - windowMs, floor_tile(t) + tileMs)`, t being the event time of the judged event (itself not counted).
 */
export interface KeyFeature extends FeatureBase {
  readonly kind: 'key';
  /** Fields that must also be equal to the judged event's, for example the currency. Of more than 256 values the latest are remembered. */
  readonly per: readonly string[];
}

/**
 * A number about another field of the judged event, from closed tiles only: events with equal `by` and event time in
 * `[b - windowMs, b)`, b = min(floor_tile(t - delayMs), tile frontier).
 */
export interface TileFeature extends FeatureBase {
  readonly kind: 'tile';
  readonly by: string;
  /** At least out-of-orderness + allowed lateness + one tile, and a multiple of `tileMs`. */
  readonly delayMs: number;
}

/** A number that rules can read, by name, as `features.<name>`. */
export type FeatureSpec = KeyFeature | TileFeature;

/** Declares a feature over the partition key. */
export function keyFeature(spec: Omit<KeyFeature, 'kind' | 'per'> & { readonly per?: readonly string[] }): KeyFeature {
  return { ...spec, kind: 'key', per: spec.per ?? [] };
}

/** Declares a feature over another key, read from closed tiles. */
export function tileFeature(spec: Omit<TileFeature, 'kind'>): TileFeature {
  return { ...spec, kind: 'tile' };
}
