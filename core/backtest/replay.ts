import { usageError } from '../errors.ts';
import type { Event } from '../model.ts';
import type { Plan } from '../plan.ts';
import type { AddOptions } from '../profiles/features.ts';
import { type KeyRing, withBases } from '../profiles/key-rings.ts';
import type { RingStates } from '../profiles/rings.ts';
import type { RuleSet } from '../rules/compile.ts';
import type { Decision, FeatureValues } from '../rules/decision.ts';
import { floorTo } from '../time/tiles.ts';
import { RecentIds } from './recent-ids.ts';
import { TileBook } from './tile-book.ts';

/** What a replay judges by. */
export interface ReplayOptions {
  readonly plan: Plan;
  /** One rule set, or several that are compared over the same features. */
  readonly ruleSets: readonly RuleSet[];
  /** Events from this time on are judged; those before are their history. Epoch ms. */
  readonly fromMs: number;
  /** Events before this time are judged. Epoch ms. */
  readonly toMs: number;
  /** Who wants the features of events, of those too that are not judged. */
  readonly watcher?: FeatureWatcher | undefined;
}

/** Somebody who is told the features of events as they were when each came. */
export interface FeatureWatcher {
  /** Of events from this time on, up to `toMs`. Epoch ms. */
  readonly fromMs: number;
  see(event: Event, features: FeatureValues): void;
}

/** How often the memory of a key is tidied, in event time. */
const TIDY_MS = 86_400_000;

interface KeyMemory {
  readonly rings: RingStates;
  tidiedMs: number;
}

/**
 * Judges events as a stream judges them that has them in order of time on time: with the features of the pipeline and its compiled rules.
 * Tiles of other keys are read as the stream reads them, when they are closed; so no label is seen before it was known.
 */
export class HistoryReplay {
  private readonly options: ReplayOptions;
  private readonly keys = new Map<string, KeyMemory>();
  private readonly tiles: TileBook;
  /** What must be remembered of the keys of others too: labels of theirs are in tiles. */
  private readonly marked: readonly KeyRing[];
  private readonly ids: RecentIds;
  private lastMs = Number.NEGATIVE_INFINITY;

  constructor(options: ReplayOptions) {
    const { plan } = options;
    this.options = options;
    const { marks } = plan.keyFeatures;
    this.marked = marks === undefined ? [] : withBases([marks]);
    this.tiles = new TileBook(plan.tileFeatures.rings);
    this.ids = new RecentIds(plan.pipeline.time.duplicateMemoryMs + plan.pipeline.time.outOfOrdernessMs);
  }

  /**
   * Takes the next event. `isOwn` says whether its key is this replay's: of others only what tiles hold is remembered. Returns the decision
   * of each rule set about an event inside the range; undefined for all others. Throws UsageError for events that are not in order of time.
   */
  add(event: Event, isOwn: boolean): Decision[] | undefined {
    if (event.timeMs < this.lastMs)
      throw usageError(
        `event_time of ${event.type} ${event.id}`,
        new Date(event.timeMs).toISOString(),
        `${new Date(this.lastMs).toISOString()} or later: a back-test takes events in order of time; put them into it with ORDER BY in --import`,
      );
    this.lastMs = event.timeMs;
    const { keyFeatures } = this.options.plan;
    if (this.ids.isRepeat(event)) return undefined;
    const features = isOwn ? this.read(event) : undefined;
    this.tiles.add(keyFeatures.told(event, () => this.keys.get(event.key)?.rings ?? {}));
    this.remember(event, { to: isOwn ? keyFeatures.rings : this.marked, values: features });
    return features === undefined ? undefined : this.judge(event, features);
  }

  /** Features of an event that is judged or watched; undefined for all others. */
  private read(event: Event): Record<string, number | null> | undefined {
    const { plan, fromMs, toMs, watcher } = this.options;
    const isIn = event.timeMs >= Math.min(fromMs, watcher?.fromMs ?? fromMs) && event.timeMs < toMs;
    if (event.type !== plan.pipeline.decision?.over || !isIn) return undefined;
    return {
      ...plan.keyFeatures.read(this.keys.get(event.key)?.rings ?? {}, event, event.timeMs),
      ...plan.tileFeatures.read(event, event.timeMs, event.timeMs, this.tiles.tilesOf),
    };
  }

  private judge(event: Event, features: Readonly<Record<string, number | null>>): Decision[] | undefined {
    const { ruleSets, fromMs, watcher } = this.options;
    if (watcher !== undefined && event.timeMs >= watcher.fromMs) watcher.see(event, features);
    return event.timeMs < fromMs ? undefined : ruleSets.map((rules) => rules.judge(event, features));
  }

  private remember(event: Event, options: AddOptions): void {
    const { keyFeatures } = this.options.plan;
    if (options.to?.length === 0 || !keyFeatures.isFedBy(event.type)) return;
    const known = this.keys.get(event.key);
    const memory = known ?? { rings: {}, tidiedMs: event.timeMs };
    if (known === undefined) this.keys.set(event.key, memory);
    keyFeatures.add(memory.rings, event, options);
    if (event.timeMs - memory.tidiedMs < TIDY_MS) return;
    memory.tidiedMs = floorTo(event.timeMs, TIDY_MS);
    keyFeatures.expire(memory.rings, event.timeMs);
  }
}
