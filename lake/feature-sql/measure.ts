import { type FeatureSpec, rememberedBy } from '../../core/definition/features.ts';
import type { EventTypeSpec } from '../../core/definition/pipeline.ts';
import { REMEMBERED } from './matches.ts';
import { columnSql, filterSql } from './terms.ts';

type Fields = EventTypeSpec['fields'];

/**
 * The value over the events `e` that were joined to a judged event `j`, none of them being a row of NULLs, as an aggregate. Runs, ratios
 * and places need the order of the events and have steps of their own.
 */
export function aggregateSql(spec: FeatureSpec, fields: Fields): string {
  const column = (): string => (rememberedBy(spec) === undefined ? columnSql('e', spec.field ?? '', fields) : `e.${REMEMBERED}`);
  const asDouble = (sql: string): string => `CAST(${sql} AS DOUBLE)`;
  const count = 'count(e.event_id)';
  switch (spec.measure) {
    case 'count':
      return count;
    case 'sum':
      return `coalesce(${asDouble(`sum(${column()})`)}, 0)`;
    case 'mean':
      return `${asDouble(`sum(${column()})`)} / nullif(${count}, 0)`;
    case 'stddev':
      return `stddev_pop(${asDouble(column())})`;
    case 'min':
    case 'max':
      return asDouble(`${spec.measure}(${column()})`);
    case 'distinct':
      return `count(DISTINCT ${column()})`;
    case 'share':
      return `${asDouble(`sum(CASE WHEN ${filterSql('e', spec.of ?? {}, fields).join(' AND ')} THEN 1 ELSE 0 END)`)} / nullif(${count}, 0)`;
    case 'since_last':
      return 'CASE WHEN max(e.event_ms) > j.event_ms THEN 0 ELSE j.event_ms - max(e.event_ms) END';
    default:
      throw new Error(`${spec.measure} is no aggregate`);
  }
}
