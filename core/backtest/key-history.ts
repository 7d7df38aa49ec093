import { EXPLAINED } from '../definition/features.ts';
import type { Plan } from '../plan.ts';
import { type KeyRing, withBases } from '../profiles/key-rings.ts';
import type { RingStates } from '../profiles/rings.ts';
import { floorTo } from '../time/tiles.ts';
import { RecentIds } from './recent-ids.ts';
import type { KeySpan, ReplayRows } from './replay-rows.ts';

/** How often the memory of a key is tidied, in event time. */
const TIDY_MS = 86_400_000;

/** Replays the events of one key after another: features over the key itself, what labels are told, and which events are repeats. */
export class KeyHistory {
  private readonly plan: Plan;
  private readonly rows: ReplayRows;
  private readonly toMs: number;
  /** What must be remembered of the keys of others too: labels of theirs are in tiles. */
  private readonly marked: readonly KeyRing[];
  private readonly places: ReadonlyMap<string, number>;

  constructor(plan: Plan, rows: ReplayRows, toMs: number) {
    this.plan = plan;
    this.rows = rows;
    this.toMs = toMs;
    const { marks, ofNothing } = plan.keyFeatures;
    this.marked = marks === undefined ? [] : withBases([marks]);
    this.places = new Map(Object.keys(ofNothing).map((name, place) => [name, place]));
  }

  /** Replays the rows of one key in the order in which they are known, up to the end of the range; how many those are. */
  replay({ from, to: end, isOwn }: KeySpan): number {
    const { time } = this.plan.pipeline;
    const ids = new RecentIds(time.duplicateMemoryMs + time.outOfOrdernessMs);
    const to = isOwn ? this.plan.keyFeatures.rings : this.marked;
    const states: RingStates = {};
    let tidiedMs = this.rows.knownMsOf(from);
    for (let row = from; row < end; row += 1) {
      const timeMs = this.rows.knownMsOf(row);
      // Behind the range there is nothing to judge.
      if (timeMs >= this.toMs) return row - from;
      this.one(row, { ids, states, to });
      if (timeMs - tidiedMs < TIDY_MS) continue;
      tidiedMs = floorTo(timeMs, TIDY_MS);
      this.plan.keyFeatures.expire(states, timeMs);
    }
    return end - from;
  }

  private one(row: number, { ids, states, to }: KeyMemory): void {
    const { rows } = this;
    const { keyFeatures } = this.plan;
    const event = rows.eventAt(row);
    if (ids.isRepeat(event)) {
      rows.repeat(row);
      return;
    }
    const at = rows.featuresAt(row);
    if (at !== undefined) keyFeatures.readInto(rows.values, at, { rings: states, event, asOfMs: event.timeMs });
    const told = keyFeatures.told(event, () => states);
    if (told !== event) rows.tell(row, told.values[EXPLAINED] === true);
    if (to.length > 0 && keyFeatures.isFedBy(event.type)) keyFeatures.add(states, event, { to, known: this.knownAt(at) });
  }

  /** Features that were read already. */
  private knownAt(at: number | undefined): ((feature: string) => number | null) | undefined {
    if (at === undefined) return undefined;
    return (feature) => {
      const value = this.rows.values[at + (this.places.get(feature) ?? 0)];
      return value === undefined || Number.isNaN(value) ? null : value;
    };
  }
}

interface KeyMemory {
  readonly ids: RecentIds;
  readonly states: RingStates;
  readonly to: readonly KeyRing[];
}
