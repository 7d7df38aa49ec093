import type { FieldSpec } from '../../core/definition/fields.ts';
import type { Pipeline } from '../../core/definition/pipeline.ts';

/** What the feeder must know of a pipeline: plain data, so that it can cross to another thread. */
export interface FeedShape {
  /** Event type to the field that is its partition key. */
  readonly keyFields: Readonly<Record<string, string>>;
  /** Field name to its kind, so that a column finds its JSON form. */
  readonly fieldKinds: Readonly<Record<string, FieldSpec['kind']>>;
  /** Type of rows from files that have no `type` column. */
  readonly defaultType: string;
}

/** Events in input order: payload `i` is `bytes[ends[i-1], ends[i])`. */
export interface EventChunk {
  readonly count: number;
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
  /** Partition keys, 1..256 characters. */
  readonly keys: readonly string[];
  /** Event times, epoch ms; NaN where there is none to be read. */
  readonly timesMs: Float64Array;
}

/** Partition key of an event whose key field cannot be read; the processor quarantines it anyway. */
export const UNPARSED_KEY = 'unparsed';

/** Kinesis' limit on partition keys. */
const KEY_LENGTH_MAX = 256;

/** A value as a partition key. */
export function partitionKeyOf(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string' || value.length === 0 || value.length > KEY_LENGTH_MAX) return UNPARSED_KEY;
  return value;
}

/** What the feeder needs of a pipeline. Where event types disagree about the kind of a field, the first one holds. */
export function feedShapeOf(pipeline: Pipeline): FeedShape {
  const types = Object.entries(pipeline.eventTypes);
  const fieldKinds: Record<string, FieldSpec['kind']> = {};
  for (const [, type] of types) for (const [name, field] of Object.entries(type.fields)) fieldKinds[name] ??= field.kind;
  return {
    keyFields: Object.fromEntries(types.map(([name, type]) => [name, type.key])),
    fieldKinds,
    defaultType: types[0]?.[0] ?? '',
  };
}
