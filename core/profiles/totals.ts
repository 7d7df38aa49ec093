import type { Component } from '../aggregates/component.ts';
import { type DistinctState, distinctCountOf } from '../aggregates/distinct.ts';
import { addExact, type ExactInteger } from '../aggregates/exact.ts';
import { meanOf, stddevOf } from '../aggregates/sums.ts';
import type { FeatureSpec } from '../definition/features.ts';
import type { Pipeline } from '../definition/pipeline.ts';
import type { Event } from '../model.ts';
import { distanceKm } from './distance.ts';
import type { Place } from './holding.ts';
import type { Total } from './rings.ts';
import { endOf, type RunState } from './run.ts';

/** Turns what a window holds into the feature's value for an event, as of a time. */
export type Measure = (total: Total, event: Event, asOfMs: number) => number | null;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Two events of one moment are at least this far apart for a speed: clocks of terminals are no better. */
const SPEED_MS_MIN = 60_000;

/**
 * Value of a feature in real units. Of no events a count, sum or number of different values is 0 and all others are null. Sums past 2^53
 * are rounded once; times are ms, distances km, speeds km/h.
 */
export function measureOf(pipeline: Pipeline, spec: FeatureSpec): Measure {
  const fields = pipeline.eventTypes[spec.over]?.fields ?? {};
  const field = fields[spec.field ?? ''];
  const unit = field?.kind === 'fixed' ? 10 ** field.scale : 1;
  switch (spec.measure) {
    case 'count':
      return ({ count }) => count;
    case 'sum':
      return ({ sum }) => meanOf(sum, 1, unit);
    case 'mean':
      return ({ count, sum }) => meanOf(sum, count, unit);
    case 'share':
      return ({ count, sum }) => meanOf(sum, count, 1);
    case 'stddev':
      return ({ count, sum, state }) => stddevOf(sum, state as ExactInteger, count, unit);
    case 'min':
    case 'max':
      return ({ state }) => (state === null ? null : Number(state) / unit);
    case 'distinct':
      return ({ state }) => distinctCountOf(state as DistinctState);
    case 'since_last':
      return ({ state }, _event, asOfMs) => (state === null ? null : Math.max(0, asOfMs - Number(state)));
    case 'distance_km':
    case 'speed_kmh':
      return travelOf(pipeline, spec);
    case 'ratio':
      return ratioOf(spec);
    case 'run':
      return ({ state }) => endOf(state as RunState)?.[4] ?? 0;
    case 'run_age_days':
      return runAgeDays;
  }
}

/** How many entries of a component's state a measure looks at, of so many events; undefined for all of them. */
export function entriesOf({ measure, usual }: FeatureSpec): ((count: number) => number) | undefined {
  return measure === 'ratio' && usual !== undefined ? (count) => Math.floor(count / usual.dropOneIn) : undefined;
}

/** Value of a measure over no events, whatever is judged. */
export function valueOfNothing(measure: Measure, component: Component | undefined): number | null {
  const nothing: Event = { type: '', id: '', timeMs: 0, key: '', values: {} };
  return measure(component === undefined ? { count: 0, sum: 0 } : { count: 0, sum: 0, state: component.empty() }, nothing, 0);
}

/** UTC days from the first event of the run; null without a run. */
const runAgeDays: Measure = ({ state }, _event, asOfMs) => {
  const end = endOf(state as RunState);
  const [run, sinceMs] = [end?.[4] ?? 0, end?.[5] ?? 0];
  return run === 0 ? null : Math.floor(asOfMs / DAY_MS) - Math.floor(sinceMs / DAY_MS);
};

/** How many times as large as usual the event's own value is; one division of whole numbers. */
function ratioOf({ field = '', usual = { dropOneIn: 2, prior: 1 } }: FeatureSpec): Measure {
  return ({ count, sum, state }, { values }) => {
    const value = values[field];
    if (typeof value !== 'number') return null;
    const largest = state as readonly number[];
    const dropped = Math.min(Math.floor(count / usual.dropOneIn), largest.length);
    let kept = sum;
    for (let i = 0; i < dropped; i += 1) kept = addExact(kept, -(largest[i] as number));
    const usualTimes = Number(kept) + usual.prior;
    // After refunds there is no usual amount.
    return usualTimes > 0 ? (value * (count - dropped + 1)) / usualTimes : null;
  };
}

/** How far the event is from the place before, or how fast one would have had to be. */
function travelOf(pipeline: Pipeline, spec: FeatureSpec): Measure {
  const [lat = '', lon = ''] = spec.place ?? [];
  const scaleOf = (name: string): number => {
    const field = pipeline.eventTypes[spec.over]?.fields[name];
    return field?.kind === 'fixed' ? 10 ** field.scale : 1;
  };
  const [north, east] = [scaleOf(lat), scaleOf(lon)];
  return ({ state }, { values }, asOfMs) => {
    const before = state as Place | null;
    const [here, there] = [values[lat], values[lon]];
    if (before === null || typeof here !== 'number' || typeof there !== 'number') return null;
    const km = distanceKm([before.lat / north, before.lon / east], [here / north, there / east]);
    if (spec.measure === 'distance_km') return km;
    return km / (Math.max(SPEED_MS_MIN, Math.abs(asOfMs - before.timeMs)) / HOUR_MS);
  };
}
