import { EXPLAINED, type FeatureSpec, rememberedBy } from '../../core/definition/features.ts';
import type { EventTypeSpec } from '../../core/definition/pipeline.ts';
import { columnSql, filterSql, floorSql } from './terms.ts';

/** Column with the value of a remembered feature. */
export const REMEMBERED = 'remembered';

/** Fields of the events of a feature that its query reads. */
export function fieldsRead(spec: FeatureSpec): string[] {
  const ofBase = rememberedBy(spec) === undefined ? [] : [spec.field];
  const named = [spec.field, spec.since, ...(spec.place ?? []), ...Object.keys(spec.where ?? {}), ...Object.keys(spec.of ?? {})];
  const equal = spec.kind === 'tile' ? [spec.by] : spec.per;
  return [...named, ...equal].flatMap((name) => (name === undefined || name === EXPLAINED || ofBase.includes(name) ? [] : [name]));
}

/** Fields of the events that are judged which its query reads. */
export function fieldsOfJudged(spec: FeatureSpec): string[] {
  const own = spec.measure === 'ratio' && spec.field !== undefined ? [spec.field] : [];
  return [...(spec.kind === 'tile' ? [spec.by] : spec.per), ...(spec.place ?? []), ...own];
}

/** Event types that a match is between. */
export interface MatchTypes {
  readonly over: EventTypeSpec;
  readonly judged: EventTypeSpec;
}

/** Conditions that the event `e` counts for the judged event `j`, one a line. */
export function matchConditions(spec: FeatureSpec, { over, judged }: MatchTypes): string[] {
  return [...keyConditions(spec, { over, judged }), ...windowConditions(spec), ...ownConditions(spec, over)];
}

function keyConditions(spec: FeatureSpec, { over, judged }: MatchTypes): string[] {
  const equal = (name: string, sign: string): string =>
    `${columnSql('e', name, over.fields)} ${sign} ${columnSql('j', name, judged.fields)}`;
  if (spec.kind === 'tile') return [equal(spec.by, '=')];
  // An absent field equals an absent one.
  return ['e.event_key = j.event_key', ...spec.per.map((name) => equal(name, 'IS NOT DISTINCT FROM')), 'e.arrival < j.arrival'];
}

/** The window's edges are edges of tiles. */
function windowConditions(spec: FeatureSpec): string[] {
  const { windowMs, tileMs } = spec;
  if (spec.kind === 'key') {
    const tile = floorSql('j.event_ms', tileMs);
    return [`e.event_ms >= ${tile} - ${windowMs}`, `e.event_ms < ${tile} + ${tileMs}`];
  }
  // The delay is a multiple of the tile.
  const end = `${floorSql('j.event_ms', tileMs)} - ${spec.delayMs}`;
  return [`e.event_ms >= ${end} - ${windowMs}`, `e.event_ms < ${end}`];
}

/** What events must be and have to be counted at all. */
function ownConditions(spec: FeatureSpec, { fields }: EventTypeSpec): string[] {
  const isRemembered = rememberedBy(spec) !== undefined;
  const needed = [...(isRemembered ? [] : [spec.field]), ...(spec.place ?? []), spec.since].filter((name) => name !== undefined);
  const optional = needed.filter((name) => fields[name]?.optional !== false);
  return [
    ...filterSql('e', spec.where ?? {}, fields),
    ...optional.map((name) => `${columnSql('e', name, fields)} IS NOT NULL`),
    ...(isRemembered ? [`e.${REMEMBERED} IS NOT NULL`] : []),
  ];
}
