import type { FeatureSpec, FieldFilter } from '../definition/features.ts';
import type { Event, FieldValue } from '../model.ts';
import type { Holding } from './holding.ts';

/** Fields with the value each must have, by field name. */
type Filter = readonly (readonly [field: string, value: FieldValue])[];

/** What events a ring of tiles is fed with. */
export interface RingSource {
  /** Event type. */
  readonly over: string;
  readonly where: Filter;
  /** Numeric field that is summed; undefined if events are only counted. */
  readonly field: string | undefined;
  /** Field that events must have to be counted; undefined for none in particular. */
  readonly has: string | undefined;
  /** Of what else a sum is made: 1 for each event with these values; undefined for none. */
  readonly of: Filter | undefined;
  /** What tiles hold beside count and sum, and of which fields. */
  readonly holds: { readonly what: Holding; readonly fields: readonly string[] } | undefined;
  readonly tileMs: number;
}

/** Source of a feature's ring; equal parts give equal sources, however the definition wrote them. */
export function sourceOf(spec: FeatureSpec): RingSource {
  const base = {
    over: spec.over,
    where: whereOf(spec.where ?? {}),
    field: undefined,
    has: undefined,
    of: undefined,
    holds: undefined,
    tileMs: spec.tileMs,
  };
  const fields = spec.field === undefined ? [] : [spec.field];
  switch (spec.measure) {
    case 'count':
      return { ...base, has: spec.field };
    case 'sum':
    case 'mean':
      return { ...base, field: spec.field };
    case 'stddev':
      return { ...base, field: spec.field, holds: { what: 'squares', fields } };
    case 'ratio':
      return { ...base, field: spec.field, holds: { what: 'largest', fields } };
    case 'min':
    case 'max':
    case 'distinct':
      return { ...base, holds: { what: spec.measure, fields } };
    case 'share':
      return { ...base, of: whereOf(spec.of ?? {}) };
    case 'run':
    case 'run_age_days':
      return { ...base, of: whereOf(spec.of ?? {}), holds: { what: 'run', fields: spec.since === undefined ? [] : [spec.since] } };
    case 'since_last':
      return { ...base, holds: { what: 'last', fields: [] } };
    case 'distance_km':
    case 'speed_kmh':
      return { ...base, holds: { what: 'place', fields: spec.place ?? [] } };
  }
}

function whereOf(filter: FieldFilter): [string, FieldValue][] {
  return Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Whether an event feeds a ring: its type, every `where` field equal, and all fields present that are summed, held or asked for. */
export function feeds(source: RingSource, event: Event): boolean {
  if (event.type !== source.over || !matchesAll(event, source.where)) return false;
  if (source.field !== undefined && event.values[source.field] === undefined) return false;
  if (source.has !== undefined && event.values[source.has] === undefined) return false;
  if (source.holds !== undefined) for (const field of source.holds.fields) if (event.values[field] === undefined) return false;
  return true;
}

/** Number that an event adds to the ring's sum: 0 where nothing is summed. */
export function amountOf(source: RingSource, event: Event): number {
  if (source.of !== undefined) return matchesAll(event, source.of) ? 1 : 0;
  return source.field === undefined ? 0 : Number(event.values[source.field]);
}

/** Fields of events that a ring, and what is read of it, looks at; time and id apart. */
export function fieldsOf({ where, field, has, of = [], holds }: RingSource): string[] {
  const named = [...where, ...of].map(([name]) => name);
  return [...named, ...(holds?.fields ?? []), ...[field, has].filter((name) => name !== undefined)];
}

/** Whether the tiles of a ring have a sum. */
export function hasSum({ field, of }: RingSource): boolean {
  return field !== undefined || of !== undefined;
}

/** Name of a ring, without `#`: equal for equal rings and different for any others, so that it can be part of a state key. */
export function ringIdOf(source: RingSource, by: readonly string[]): string {
  const plain = `${source.over}/${by.join(',')}/${source.field ?? ''}/${source.tileMs}/${filterText(source.where)}`;
  const has = source.has === undefined ? '' : `/has:${source.has}`;
  const of = source.of === undefined ? '' : `/of:${filterText(source.of)}`;
  return `${plain}${has}${of}${source.holds === undefined ? '' : `/${source.holds.what}:${source.holds.fields.join(',')}`}`;
}

function filterText(filter: Filter): string {
  return filter.map(([field, value]) => `${field}=${encodeURIComponent(JSON.stringify(value))}`).join('&');
}

/** Whether an event has all values of a filter. */
export function matchesAll(event: Pick<Event, 'values'>, filter: Filter): boolean {
  // By index: taking pairs apart costs more than comparing them.
  for (let i = 0; i < filter.length; i += 1) {
    const one = filter[i] as Filter[number];
    if (event.values[one[0]] !== one[1]) return false;
  }
  return true;
}
