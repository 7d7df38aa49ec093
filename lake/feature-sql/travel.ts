import { type Draft, ID_COLUMNS } from './draft.ts';
import type { Ordered } from './ordered.ts';
import { columnSql } from './terms.ts';

/** Mean radius of the earth, km (IUGG), in metres at twice its length. */
const EARTH_TWICE_M = '12742017.6e0';
const SPEED_MS_MIN = 60_000;
const HOUR_MS = 3_600_000;

/** How far the event is from the place of the latest one, to the metre, or how fast one would have had to be. */
export function travelSteps(draft: Draft, { name, spec, types, from }: Ordered): string {
  const [lat = '', lon = ''] = spec.place ?? [];
  // Of one moment it is that with the greater id.
  const latest = (sql: string, as: string): string => `      max_by(${sql}, ROW(e.event_ms, e.event_id)) AS ${as}`;
  const there = (field: string, as: string): string => latest(`CAST(${columnSql('e', field, types.over.fields)} AS DOUBLE)`, as);
  const here = [lat, lon].map((field) => columnSql('j', field, types.judged.fields));
  const ids = ID_COLUMNS.map((column) => `j.${column}`).join(', ');
  const places = draft.step(
    `${name}_places`,
    [
      `    SELECT ${ids}, CAST(${here[0]} AS DOUBLE) AS lat, CAST(${here[1]} AS DOUBLE) AS lon,`,
      `${there(lat, 'lat_before')},\n${there(lon, 'lon_before')},\n${latest('e.event_ms', 'ms_before')}`,
      from,
      `    GROUP BY ${ids}, ${here.join(', ')}`,
    ].join('\n'),
  );
  const half = (degrees: string): string => `power(sin(radians(${degrees} - ${degrees}_before) / 2), 2)`;
  const chord = `${half('lat')} + cos(radians(lat_before)) * cos(radians(lat)) * ${half('lon')}`;
  const distances = draft.step(
    `${name}_distances`,
    [
      '    SELECT event_key, event_id, event_ms, ms_before,',
      // A NULL that the two engines take unlike in least: a chord of rounded sines may be a little longer than 1.
      `      floor(${EARTH_TWICE_M} * asin(CASE WHEN chord > 1 THEN 1 ELSE sqrt(chord) END) + 0.5) / 1000 AS km`,
      `    FROM (SELECT *, ${chord} AS chord FROM ${places}) AS chords`,
    ].join('\n'),
  );
  const apart = 'abs(event_ms - ms_before)';
  const hours = `CASE WHEN ${apart} < ${SPEED_MS_MIN} THEN ${SPEED_MS_MIN} ELSE ${apart} END / CAST(${HOUR_MS} AS DOUBLE)`;
  const value = spec.measure === 'distance_km' ? 'km' : `km / (${hours})`;
  return draft.step(`${name}_values`, `    SELECT event_key, event_id, event_ms,\n      ${value} AS value\n    FROM ${distances}`);
}
