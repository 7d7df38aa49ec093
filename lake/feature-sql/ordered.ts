import { type FeatureSpec, LARGEST_MAX } from '../../core/definition/features.ts';
import { type Draft, ID_COLUMNS } from './draft.ts';
import type { MatchTypes } from './matches.ts';
import { columnSql, filterSql, msSql, wholeSql } from './terms.ts';

const DAY_MS = 86_400_000;

/** A feature with the join of judged events `j` and events `e` that it is made of. */
export interface Ordered {
  readonly name: string;
  readonly spec: FeatureSpec;
  readonly types: MatchTypes;
  readonly from: string;
}

const IDS = ID_COLUMNS.map((column) => `j.${column}`).join(', ');
const OWN_IDS = ID_COLUMNS.join(', ');

/** How many times as large as usual: the largest of the events are left out, so they are ranked first. */
export function ratioSteps(draft: Draft, { name, spec, types, from }: Ordered): string {
  const { field = '', usual = { dropOneIn: 2, prior: 1 } } = spec;
  const [own, other] = [wholeSql('j', field, types.judged.fields), wholeSql('e', field, types.over.fields)];
  const ranked = draft.step(
    `${name}_ranked`,
    [
      `    SELECT ${IDS}, ${own} AS own, ${other} AS amount,`,
      `      row_number() OVER (PARTITION BY ${IDS} ORDER BY ${other} DESC) AS place,`,
      `      count(e.event_id) OVER (PARTITION BY ${IDS}) AS events`,
      from,
    ].join('\n'),
  );
  const dropped = `least(CAST(floor(CAST(events AS DOUBLE) / ${usual.dropOneIn}) AS BIGINT), ${LARGEST_MAX})`;
  const usualTimes = `coalesce(sum(CASE WHEN place > dropped THEN amount END), 0) + ${usual.prior}`;
  const value = `CAST(own AS DOUBLE) * CAST(events - dropped + 1 AS DOUBLE) / CAST(${usualTimes} AS DOUBLE)`;
  return draft.step(
    `${name}_values`,
    [
      `    SELECT ${OWN_IDS},`,
      `      CASE WHEN ${usualTimes} > 0 THEN ${value} END AS value`,
      `    FROM (SELECT *, ${dropped} AS dropped FROM ${ranked}) AS ranked`,
      `    GROUP BY ${OWN_IDS}, own, events, dropped`,
    ].join('\n'),
  );
}

/** What a sequence ends with: events behind which, in order of time and id, no other one comes. */
export function runSteps(draft: Draft, { name, spec, types, from }: Ordered): string {
  const { fields } = types.over;
  const isOf = `CASE WHEN ${filterSql('e', spec.of ?? {}, fields).join(' AND ')} THEN 1 ELSE 0 END`;
  const ordered = draft.step(
    `${name}_ordered`,
    [
      `    SELECT ${IDS}, e.event_id AS of_id, e.event_ms AS of_ms, ${msSql(columnSql('e', spec.since ?? '', fields))} AS since_ms, ${isOf} AS is_of,`,
      `      sum(1 - ${isOf}) OVER (PARTITION BY ${IDS} ORDER BY e.event_ms DESC, e.event_id DESC ROWS UNBOUNDED PRECEDING) AS others`,
      from,
    ].join('\n'),
  );
  const isInRun = 'is_of = 1 AND others = 0';
  const since = `min_by(since_ms, ROW(of_ms, of_id)) FILTER (WHERE ${isInRun})`;
  const value = spec.measure === 'run' ? `sum(CASE WHEN ${isInRun} THEN 1 ELSE 0 END)` : `${dayOf('event_ms')} - ${dayOf(since)}`;
  return draft.step(`${name}_values`, `    SELECT ${OWN_IDS},\n      ${value} AS value\n    FROM ${ordered}\n    GROUP BY ${OWN_IDS}`);
}

/** Number of the UTC day since 1970. */
function dayOf(ms: string): string {
  return `CAST(floor(CAST(${ms} AS DOUBLE) / ${DAY_MS}) AS BIGINT)`;
}
