import { EXPLAINED } from '../definition/features.ts';
import type { Pipeline } from '../definition/pipeline.ts';
import type { Event } from '../model.ts';
import { EventColumns } from './event-columns.ts';

/** What is known of an event when it comes. */
export interface RowFacts {
  /** When it is known of, epoch ms: its time, or later for labels. */
  readonly knownMs: number;
  /** Whether somebody wants its features. */
  readonly isFeatured: boolean;
  /** Whether its key is one that is judged. */
  readonly isOwn: boolean;
}

/** Rows of one key: from the first to before the last. */
export interface KeySpan {
  readonly from: number;
  readonly to: number;
  readonly isOwn: boolean;
}

/** How labels were told, by row. */
const TOLD = { not: 0, plain: 1, explained: 2 } as const;

/** Gathers the events of a replay, and puts them in order: key by key, and those of a key as they are known. */
export class GatheredRows {
  private readonly columns: EventColumns;
  private readonly knownMs: number[] = [];
  private readonly featured: boolean[] = [];
  private readonly keys = new Map<string, { readonly rows: number[]; readonly isOwn: boolean }>();

  constructor(pipeline: Pipeline) {
    this.columns = new EventColumns(pipeline);
  }

  /** Takes the next event. */
  add(event: Event, { knownMs, isFeatured, isOwn }: RowFacts): void {
    const row = this.columns.add(event);
    this.knownMs.push(knownMs);
    this.featured.push(isFeatured);
    const known = this.keys.get(event.key);
    if (known === undefined) this.keys.set(event.key, { rows: [row], isOwn });
    else known.rows.push(row);
  }

  /** All of them in order; nothing is left here. `width` is the number of features. */
  take(width: number): ReplayRows {
    const origins = new Uint32Array(this.columns.count);
    const spans: KeySpan[] = [];
    let from = 0;
    for (const { rows, isOwn } of this.keys.values()) {
      origins.set(this.inOrder(rows), from);
      spans.push({ from, to: from + rows.length, isOwn });
      from += rows.length;
    }
    this.keys.clear();
    const knownMs = Float64Array.from(origins, (row) => this.knownMs[row] as number);
    let count = 0;
    const places = Int32Array.from(origins, (row) => (this.featured[row] === true ? count++ : -1));
    return new ReplayRows({
      columns: this.columns.reordered(origins),
      origins,
      knownMs,
      places,
      spans,
      values: new Float64Array(count * width),
      width,
    });
  }

  /** A label that had to wait comes before what happens at that moment. */
  private inOrder(rows: number[]): number[] {
    const { knownMs } = this;
    const isSorted = rows.every((row, i) => i === 0 || (knownMs[row] as number) > (knownMs[rows[i - 1] as number] as number));
    if (isSorted) return rows;
    const hasWaited = (row: number): number => Number((knownMs[row] as number) > this.columns.timeOf(row));
    return rows.sort((a, b) => (knownMs[a] as number) - (knownMs[b] as number) || hasWaited(b) - hasWaited(a) || a - b);
  }
}

interface Rows {
  readonly columns: EventColumns;
  readonly origins: Uint32Array;
  readonly knownMs: Float64Array;
  /** Place among the rows with features, or -1. */
  readonly places: Int32Array;
  readonly spans: readonly KeySpan[];
  readonly values: Float64Array;
  readonly width: number;
}

/** All events of a replay as rows, key by key, with what the replay finds out about them. */
export class ReplayRows {
  readonly columns: EventColumns;
  readonly spans: readonly KeySpan[];
  /** Values of the features of all rows that have some; NaN where there is no value. */
  readonly values: Float64Array;
  private readonly origins: Uint32Array;
  private readonly knownMs: Float64Array;
  private readonly places: Int32Array;
  private readonly width: number;
  private readonly told: Uint8Array;
  private readonly repeats: Uint8Array;

  constructor({ columns, origins, knownMs, places, spans, values, width }: Rows) {
    this.columns = columns;
    this.spans = spans;
    this.values = values;
    this.origins = origins;
    this.knownMs = knownMs;
    this.places = places;
    this.width = width;
    this.told = new Uint8Array(columns.count);
    this.repeats = new Uint8Array(columns.count);
  }

  /** Place of a row's event among all, in the order in which they came. */
  originOf(row: number): number {
    return this.origins[row] as number;
  }

  /** When a row is known of, epoch ms. */
  knownMsOf(row: number): number {
    return this.knownMs[row] as number;
  }

  /** The event of a row, as of the time at which it is known, and with what it was told. */
  eventAt(row: number): Event {
    return this.asKnown(row, this.columns.at(row));
  }

  /** The same with some of the fields only. */
  reader(fields: ReadonlySet<string>): (row: number) => Event {
    const read = this.columns.reader(fields);
    return (row) => this.asKnown(row, read(row));
  }

  private asKnown(row: number, event: Event): Event {
    const timeMs = this.knownMs[row] as number;
    const told = this.told[row];
    if (event.timeMs === timeMs && told === TOLD.not) return event;
    const explained = told === TOLD.not ? {} : { [EXPLAINED]: told === TOLD.explained };
    return { ...event, timeMs, values: { ...event.values, event_time: timeMs, ...explained } };
  }

  /** Notes what a label was told. */
  tell(row: number, isExplained: boolean): void {
    this.told[row] = isExplained ? TOLD.explained : TOLD.plain;
  }

  /** Notes that a row repeats another one, which counts for nothing. */
  repeat(row: number): void {
    this.repeats[row] = 1;
    this.places[row] = -1;
  }

  isRepeat(row: number): boolean {
    return this.repeats[row] === 1;
  }

  /** Place of a row's features in `values`; undefined for rows without. */
  featuresAt(row: number): number | undefined {
    const place = this.places[row] as number;
    return place < 0 ? undefined : place * this.width;
  }
}
