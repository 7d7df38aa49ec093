import { MISSING } from './bins.ts';
import type { GroupedRows, Model } from './logistic.ts';
import type { BinSpec } from './scorecard.ts';

/** Training rows that fall into the same bins. */
export interface PatternCount {
  /** As a `BinReader` gives it. */
  readonly places: string;
  readonly rows: number;
  readonly frauds: number;
}

/** One entry of a scorecard whose bins are joined to groups. */
export interface Grouping {
  /** Place of the entry in the scorecard. */
  readonly entry: number;
  readonly spec: BinSpec;
  /** Thresholds that are kept, by their place in `spec.at`, ascending: groups are what lies between them. */
  readonly kept: readonly number[];
}

/** Group of the bin at a place; what is missing belongs to the least suspicious one. */
export function groupOf({ spec, kept }: Grouping, place: number): number {
  const bin = place === MISSING ? leastBin(spec) : place - 1;
  return kept.filter((threshold) => threshold < bin).length;
}

function leastBin({ moreIs, at }: BinSpec): number {
  return moreIs === 'better' ? at.length : 0;
}

/** Joins two neighbours: the group and the one above it. */
export function joined(grouping: Grouping, group: number): Grouping {
  return { ...grouping, kept: grouping.kept.filter((_, i) => i !== group) };
}

/** Rows and frauds of each group. */
export function groupCounts(grouping: Grouping, counts: readonly PatternCount[]): { rows: number; frauds: number }[] {
  const found = Array.from({ length: grouping.kept.length + 1 }, () => ({ rows: 0, frauds: 0 }));
  for (const { places, rows, frauds } of counts) {
    const one = found[groupOf(grouping, places.charCodeAt(grouping.entry))];
    if (one === undefined) continue;
    one.rows += rows;
    one.frauds += frauds;
  }
  return found;
}

/** Place of a grouping's first group among those of all. */
export function offsetsOf(groupings: readonly Grouping[]): number[] {
  let end = 0;
  return groupings.map(({ kept }) => {
    const begin = end;
    end += kept.length + 1;
    return begin;
  });
}

/** Patterns as rows of a model, each set of groups once, in the order of their numbers whatever the order they came in. */
export function groupedRows(groupings: readonly Grouping[], counts: readonly PatternCount[]): GroupedRows[] {
  const offsets = offsetsOf(groupings);
  const found = new Map<string, { readonly groups: readonly number[]; rows: number; frauds: number }>();
  for (const { places, rows, frauds } of counts) {
    const groups = groupings.map((one, i) => (offsets[i] ?? 0) + groupOf(one, places.charCodeAt(one.entry)));
    const name = String.fromCharCode(...groups);
    const known = found.get(name);
    if (known === undefined) found.set(name, { groups, rows, frauds });
    else {
      known.rows += rows;
      known.frauds += frauds;
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** Weights of each grouping's groups. */
export function weightsOf(groupings: readonly Grouping[], { weights }: Model): Float64Array[] {
  const offsets = offsetsOf(groupings);
  return groupings.map(({ kept }, i) => weights.slice(offsets[i], (offsets[i] ?? 0) + kept.length + 1));
}
