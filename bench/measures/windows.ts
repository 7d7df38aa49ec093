import type { Event } from '../../core/model.ts';
import { compilePlan, type Family } from '../../core/plan.ts';
import { resultsOf, type WindowResult } from '../../core/windows/results.ts';
import { addToSlice, newSlice, type SliceState } from '../../core/windows/slice.ts';
import { pipeline } from '../cards/pipeline.ts';
import { linesOf } from '../harness/lines.ts';
import { cpuOf, type Measure, type Outcome, type Work } from '../harness/measure.ts';
import { packagesMissing } from '../harness/packages.ts';
import { type ClosedGroup, tallyOf } from '../harness/tally.ts';
import type { Windowed, Windows } from '../peers/baseline/windows.ts';

/** Something that groups events in two windows and closes them as event time goes on. */
interface Grouping<Item> {
  add(item: Item): void;
  /** Groups that are open. */
  readonly size: number;
}

/** Windows of the product: slices of groups, closed by the same watermark as the others'. */
class ProductWindows implements Grouping<Event> {
  private readonly open: ReadonlyMap<Family, Map<number, SliceState>>;
  private readonly latenessMs: number;
  private readonly emit: (result: WindowResult) => void;
  private maxMs = 0;

  constructor(latenessMs: number, emit: (result: WindowResult) => void) {
    this.open = new Map(compilePlan(pipeline).families.map((family) => [family, new Map()]));
    this.latenessMs = latenessMs;
    this.emit = emit;
  }

  get size(): number {
    let count = 0;
    for (const slices of this.open.values()) for (const { groups } of slices.values()) count += Object.keys(groups).length;
    return count;
  }

  add(event: Event): void {
    for (const [family, slices] of this.open) {
      const startMs = event.timeMs - (event.timeMs % family.sliceMs);
      let slice = slices.get(startMs);
      if (slice === undefined) {
        slice = newSlice();
        slices.set(startMs, slice);
      }
      addToSlice(slice, family.groupKeyOf(event) ?? '', event, family.fn);
    }
    if (event.timeMs > this.maxMs) this.advance(event.timeMs);
  }

  private advance(timeMs: number): void {
    const [before, now] = [this.maxMs - this.latenessMs, timeMs - this.latenessMs];
    this.maxMs = timeMs;
    for (const [family, slices] of this.open) {
      if (Math.floor(now / family.sliceMs) <= Math.floor(before / family.sliceMs)) continue;
      for (const [startMs, slice] of slices) {
        if (startMs + family.sliceMs > now) continue;
        for (const result of resultsOf(family, startMs, slice)) this.emit(result);
        slices.delete(startMs);
      }
    }
  }
}

/** A payment as the usual handler has it, with its time. */
type Timed = Windowed & { readonly timeMs: number };

class UsualWindows implements Grouping<Timed> {
  private readonly windows: readonly Windows[];

  constructor(windows: readonly Windows[]) {
    this.windows = windows;
  }

  get size(): number {
    return this.windows.reduce((sum, { size }) => sum + size, 0);
  }

  add(payment: Timed): void {
    for (const window of this.windows) window.add(payment, payment.timeMs);
  }
}

function timedOf({ timeMs, values }: Event): Timed {
  const { merchant_id, country, mcc, channel, card_id, amount } = values as Readonly<Record<string, string | number>>;
  return {
    ...{ merchant_id: String(merchant_id), country: String(country), mcc: String(mcc), channel: String(channel) },
    ...{ card_id: String(card_id), amount: Number(amount) / 100, timeMs },
  };
}

/** How late payments may be, ms. */
const LATENESS_MS = 120_000;

function eventsOf(work: Work): Event[] {
  const { parse } = compilePlan(pipeline);
  return linesOf(work).flatMap((bytes) => {
    const parsed = parse({ position: '', sequence: '', subSequence: 0, arrivalMs: Number.MAX_SAFE_INTEGER, partitionKey: '', bytes });
    return 'event' in parsed ? [parsed.event] : [];
  });
}

/** Groups that stay open at once where bytes are counted. */
const OPEN_EVENTS = 20_000;

interface Measured<Item> {
  readonly itemOf: (event: Event) => Item;
  readonly make: (latenessMs: number) => Grouping<Item>;
  /** Groups closed so far. */
  readonly closed: () => readonly ClosedGroup[];
}

async function measured<Item>(work: Work, { itemOf, make, closed }: Measured<Item>): Promise<Outcome> {
  const items = eventsOf(work).map(itemOf);
  const figures = { bytes_per_group: await bytesPerGroup(make, items.slice(0, OPEN_EVENTS)) };
  const grouping = make(LATENESS_MS);
  for (const item of items.slice(0, work.warmUp)) grouping.add(item);
  const measuredItems = items.slice(work.warmUp);
  const { cpuUs } = await cpuOf(() => {
    for (const item of measuredItems) grouping.add(item);
  });
  return { events: work.events, cpuUs, result: tallyOf([], closed()), figures };
}

/** Memory of an open group, as many as there are within minutes: mostly small ones. */
async function bytesPerGroup<Item>(make: (latenessMs: number) => Grouping<Item>, items: readonly Item[]): Promise<number> {
  const before = await bytesUsed();
  const grouping = make(Number.POSITIVE_INFINITY);
  for (const item of items) grouping.add(item);
  const after = await bytesUsed();
  return (after - before) / grouping.size;
}

/** Memory in use once all garbage is gone; that of buffers goes a little later than they do. */
async function bytesUsed(): Promise<number> {
  for (let round = 0; round < GC_ROUNDS; round += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const GC_ROUNDS = 4;

function product(work: Work): Promise<Outcome> {
  const results: WindowResult[] = [];
  return measured(work, {
    itemOf: (event) => event,
    make: (latenessMs) => new ProductWindows(latenessMs, (result) => results.push(result)),
    closed: () => results.map(closedGroup),
  });
}

async function usual(work: Work): Promise<Outcome> {
  const { bothWindows } = await import('../peers/baseline/windows.ts');
  const groups: ClosedGroup[] = [];
  return measured(work, {
    itemOf: timedOf,
    make: (latenessMs) => new UsualWindows(bothWindows((group) => groups.push(group), latenessMs)),
    closed: () => groups,
  });
}

function closedGroup({ aggregate, groupKey, startMs, values }: WindowResult): ClosedGroup {
  const number = (name: string): number => Number(values[name]);
  return {
    ...{ window: aggregate, startMs, group: (JSON.parse(groupKey) as string[]).join('|'), count: number('count'), cards: number('cards') },
    ...{ sum: number('sum'), min: number('min'), max: number('max') },
    ...{ p50: number('p50') / 100, p95: number('p95') / 100, p99: number('p99') / 100 },
  };
}

/** Two windows with distinct counts and quantiles, events ready, beside a map with the sketches of npm. */
export const windows: Measure = {
  name: 'windows',
  title: 'Windows: checked events to closed groups with distinct cards and quantiles',
  sizes: {
    guard: { events: 40_000, warmUp: 25_000, reps: 3 },
    quick: { events: 50_000, warmUp: 30_000, reps: 3 },
    full: { events: 240_000, warmUp: 60_000, reps: 7 },
  },
  variants: { product: { run: product }, 'npm sketches': { run: usual, isMissing: packagesMissing('@datadog/sketches-js') } },
  ratios: [
    { name: 'windows_vs_npm', ours: 'product', theirs: 'npm sketches', target: 4 },
    { name: 'group_bytes_vs_npm', ours: 'product', theirs: 'npm sketches', figure: 'bytes_per_group', target: 15 },
  ],
};
