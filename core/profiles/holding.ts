import type { Component } from '../aggregates/component.ts';
import { distinctOf } from '../aggregates/distinct.ts';
import { maxOf, minOf } from '../aggregates/extremes.ts';
import { largestOf } from '../aggregates/largest.ts';
import { squaresOf } from '../aggregates/sums.ts';
import type { AccumulatorInput } from '../aggregates/types.ts';
import { LARGEST_MAX, rememberedBy } from '../definition/features.ts';
import { matchesAll, type RingSource } from './filter.ts';
import { runOf } from './run.ts';

/** What the tiles of a ring hold beside count and sum: sums of squares, extremes, different values, the latest time or place. */
export type Holding = 'squares' | 'run' | 'largest' | 'min' | 'max' | 'distinct' | 'last' | 'place';

/** Where the latest event was. JSON-safe. */
export interface Place {
  readonly timeMs: number;
  readonly id: string;
  /** As the fields hold them: whole numbers of their scale. */
  readonly lat: number;
  readonly lon: number;
}

/** The block of states that a ring's holding is made of; mostly the same that aggregates are made of. */
export function componentOf({ holds, of = [] }: Pick<RingSource, 'holds' | 'of'>): Component | undefined {
  if (holds === undefined) return undefined;
  const { what: holding, fields } = holds;
  const [field = '', other = ''] = fields;
  switch (holding) {
    case 'squares':
      return squaresOf(field) as Component<unknown>;
    case 'run':
      return runOf(`run:${field}`, { isOf: (input) => matchesAll(input, of), since: field }) as Component<unknown>;
    case 'largest':
      return largestOf(field, LARGEST_MAX) as Component<unknown>;
    case 'min':
      return minOf(field) as Component<unknown>;
    case 'max':
      return (rememberedBy({ field }) === undefined ? maxOf(field) : greatestOf(field)) as Component<unknown>;
    case 'distinct':
      return distinctOf(field) as Component<unknown>;
    case 'last':
      return LAST as Component<unknown>;
    case 'place':
      return placeOf(field, other) as Component<unknown>;
  }
}

/** Greatest value of a feature, which is any number; null before the first. */
function greatestOf(field: string): Component<number | null> {
  const greater = (a: number | null, b: number | null): number | null => (a === null || b === null ? (a ?? b) : Math.max(a, b));
  return {
    id: `greatest:${field}`,
    empty: () => null,
    add: (greatest, { values }) => greater(greatest, typeof values[field] === 'number' ? values[field] : null),
    merge: greater,
  };
}

const LAST: Component<number | null> = {
  id: 'last',
  empty: () => null,
  add: (last, { timeMs }) => (last === null ? timeMs : Math.max(last, timeMs)),
  merge: (last, other) => (last === null || other === null ? (last ?? other) : Math.max(last, other)),
  isSettled: (last) => last !== null,
};

function placeOf(lat: string, lon: string): Component<Place | null> {
  return {
    id: `place:${lat},${lon}`,
    empty: () => null,
    add: (place, input) => later(place, placeIn(input, lat, lon)),
    merge: later,
    isSettled: (place) => place !== null,
  };
}

function placeIn({ timeMs, id, values }: AccumulatorInput, lat: string, lon: string): Place | null {
  const [north, east] = [values[lat], values[lon]];
  return typeof north === 'number' && typeof east === 'number' ? { timeMs, id, lat: north, lon: east } : null;
}

/** The later one; of one moment the greater id, so that the order of events does not matter. */
function later(a: Place | null, b: Place | null): Place | null {
  if (a === null || b === null) return a ?? b;
  if (a.timeMs !== b.timeMs) return a.timeMs > b.timeMs ? a : b;
  return a.id > b.id ? a : b;
}
