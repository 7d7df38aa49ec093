import type { Aggregate, Pipeline } from '../../core/definition/pipeline.ts';
import type { ObjectStore } from '../../core/ports.ts';
import { type PartitionName, partitionOf, partitionStartMs } from '../names.ts';
import { type ErasureReceipt, listReceipts } from './receipts.ts';
import type { Subject } from './subject.ts';

/** One hour of a table. */
export interface TableHour extends PartitionName {
  readonly table: string;
}

/** Measures of a table that may be sketches over erased keys, and the hours where they may. */
export interface SketchedHours {
  readonly measures: readonly string[];
  /** First instants of the hours, epoch ms. */
  readonly hours: ReadonlySet<number>;
}

const HOUR_MS = 3_600_000;

/** Measures of an aggregate that count different values of a field. */
function measuresOver({ measures, window }: Aggregate, field: string): string[] {
  // A session has one key.
  if (window.kind === 'session') return [];
  return Object.entries(measures).flatMap(([name, one]) => (one.kind === 'distinct' && one.field === field ? [name] : []));
}

/** Hours of aggregates that count the keys of masked events: above `DISTINCT_EXACT_MAX` such a count is a sketch of what the keys were. */
export function sketchHours(
  pipeline: Pipeline,
  { field, types }: Pick<Subject, 'field' | 'types'>,
  masked: readonly TableHour[],
): TableHour[] {
  return Object.values(pipeline.aggregates).flatMap((aggregate) => {
    const { name, over, window } = aggregate;
    if (!types.has(over) || window.kind === 'session' || measuresOver(aggregate, field).length === 0) return [];
    const advanceMs = window.kind === 'hopping' ? window.advanceMs : window.sizeMs;
    const hours = new Set<number>();
    for (const one of masked.filter(({ table }) => table === pipeline.eventTypes[over]?.table)) {
      const startMs = partitionStartMs(one);
      // The first window that is still open when the hour begins.
      const firstMs = (Math.floor((startMs - window.sizeMs) / advanceMs) + 1) * advanceMs;
      for (let at = Math.floor(firstMs / HOUR_MS) * HOUR_MS; at <= startMs; at += HOUR_MS) hours.add(at);
    }
    return [...hours].sort((a, b) => a - b).map((at) => ({ table: name, ...partitionOf(at) }));
  });
}

/** What receipts say of the sketches of a table; undefined if none names it. */
export async function sketchedHours(objects: ObjectStore, { aggregates }: Pipeline, table: string): Promise<SketchedHours | undefined> {
  const aggregate = aggregates[table];
  if (aggregate === undefined) return undefined;
  const own = ({ sketches }: ErasureReceipt): ErasureReceipt['sketches'] => sketches.filter((one) => one.table === table);
  const receipts = (await listReceipts(objects)).filter((one) => own(one).length > 0);
  if (receipts.length === 0) return undefined;
  return {
    measures: [...new Set(receipts.flatMap(({ field }) => measuresOver(aggregate, field)))],
    hours: new Set(receipts.flatMap(own).map(partitionStartMs)),
  };
}
