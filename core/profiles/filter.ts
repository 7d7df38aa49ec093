import type { FeatureSpec, FieldFilter } from '../definition/features.ts';
import type { Event, FieldValue } from '../model.ts';

/** What events a ring of tiles is fed with. */
export interface RingSource {
  /** Event type. */
  readonly over: string;
  /** Fields with the value each must have, by field name. */
  readonly where: readonly (readonly [field: string, value: FieldValue])[];
  /** Numeric field that is summed; undefined if events are only counted. */
  readonly field: string | undefined;
  readonly tileMs: number;
}

/** Source of a feature's ring; equal parts give equal sources, however the definition wrote them. */
export function sourceOf(spec: FeatureSpec): RingSource {
  const field = spec.measure === 'count' ? undefined : spec.field;
  return { over: spec.over, where: whereOf(spec.where ?? {}), field, tileMs: spec.tileMs };
}

function whereOf(filter: FieldFilter): [string, FieldValue][] {
  return Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Whether an event feeds a ring: its type, every `where` field equal, and the summed field present. */
export function feeds(source: RingSource, event: Event): boolean {
  if (event.type !== source.over) return false;
  for (const [field, value] of source.where) if (event.values[field] !== value) return false;
  return source.field === undefined || event.values[source.field] !== undefined;
}

/** Number that an event adds to the ring's sum: 0 where nothing is summed. */
export function amountOf(source: RingSource, event: Event): number {
  return source.field === undefined ? 0 : Number(event.values[source.field]);
}

/** Name of a ring, without `#`: equal for equal rings and different for any others, so that it can be part of a state key. */
export function ringIdOf(source: RingSource, by: readonly string[]): string {
  const where = source.where.map(([field, value]) => `${field}=${encodeURIComponent(JSON.stringify(value))}`).join('&');
  return `${source.over}/${by.join(',')}/${source.field ?? ''}/${source.tileMs}/${where}`;
}
