import type { Random } from '../../core/random.ts';
import type { KinesisHandler } from '../../functions/kinesis-event.ts';
import { streamEvent } from '../../local/mapping/event.ts';
import { outcomeOf } from '../../local/mapping/response.ts';
import type { Actor } from './actor.ts';
import type { VirtualTime } from './clock.ts';
import type { FaultPlan } from './faults.ts';
import type { SimShard, SimStream } from './stream.ts';

/** One instance of the stream processor. */
export interface Instance {
  readonly actor: Actor;
  readonly handle: KinesisHandler;
  /** Number of the build it runs. */
  readonly build: number;
}

/** Planted bugs of the mapping itself. */
export interface MappingSwitches {
  /** Gives a batch up after so many failures. */
  readonly discardAfter?: number;
  /** Reads a child before its parents are drained. */
  readonly childFirst?: boolean;
  /** Reads a merged shard as soon as one parent is drained. */
  readonly oneParent?: boolean;
  /** Batches of one shard that run at once, parted by key. */
  readonly parallel?: number;
}

/** What the mapping works with. */
export interface MappingWorld {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly faults: FaultPlan;
  readonly stream: SimStream;
  readonly batchMax: number;
  readonly switches: MappingSwitches;
  /** An instance that is not busy; a cold one if asked for. */
  readonly take: () => Instance;
  /** The instance is free again. */
  readonly giveBack: (instance: Instance) => void;
}

/** A call that takes longer is given up, ms: the limit of the function. */
const TIMEOUT_MS = 60_000;
const REDELIVERED_MAX = 12;
/** First wait after a failure, ms; it doubles a few times. */
const BACKOFF_MS = 500;
const BACKOFF_DOUBLINGS_MAX = 7;
/** How long the mapping takes to see something new, ms at most. */
const POLL_MS = 1_000;

/** The event source mapping: one batch of a shard at a time, cut anew at each try, parents before children. */
export class SimMapping {
  /** Records done, by shard. */
  readonly done = new Map<string, number>();
  /** Batches that were given up. */
  discarded = 0;
  private readonly world: MappingWorld;
  private readonly idle = new Map<string, () => void>();
  private readonly started = new Set<string>();

  constructor(world: MappingWorld) {
    this.world = world;
  }

  /** Starts reading shards that are not read yet, and goes on where there is something new; call it when the stream has changed. */
  wake(): void {
    for (const shard of this.world.stream.shards) {
      if (this.started.has(shard.shardId)) continue;
      this.started.add(shard.shardId);
      const lanes = this.world.switches.parallel ?? 1;
      for (let lane = 0; lane < lanes; lane += 1) this.next(shard, { lane, lanes, failures: 0 }, POLL_MS);
    }
    for (const [name, goOn] of [...this.idle]) {
      this.idle.delete(name);
      goOn();
    }
  }

  /** Closed and read to its end, and so are all before it: an empty shard is not done before its parents are. */
  isDrained(shard: SimShard): boolean {
    return !shard.open && this.isCaughtUp(shard) && this.parentsOf(shard).every((parent) => this.isDrained(parent));
  }

  isCaughtUp({ shardId, records }: SimShard): boolean {
    const lanes = this.world.switches.parallel ?? 1;
    for (let lane = 0; lane < lanes; lane += 1) if ((this.done.get(`${shardId} ${lane}`) ?? 0) < records.length) return false;
    return true;
  }

  private next(shard: SimShard, lane: Lane, delayMs: number): void {
    this.world.time.after(delayMs, () => void this.step(shard, lane));
  }

  private async step(shard: SimShard, lane: Lane): Promise<void> {
    const { random, faults, batchMax } = this.world;
    const name = `${shard.shardId} ${lane.lane}`;
    if (this.isDrained(shard)) return;
    const done = this.done.get(name) ?? 0;
    if (!this.isReadable(shard) || done === shard.records.length) {
      this.idle.set(name, () => this.next(shard, lane, 1 + random.below(POLL_MS)));
      return;
    }
    const again = done > 0 && faults.happens('redeliver') ? 1 + random.below(Math.min(done, REDELIVERED_MAX)) : 0;
    const from = done - again;
    // A retry has other boundaries: smaller after a bisect, larger when more has come.
    const batch = shard.records.slice(from, from + again + 1 + random.below(batchMax));
    const mine = lane.lanes === 1 ? batch : batch.filter(({ partitionKey }) => partitionKey.charCodeAt(1) % lane.lanes === lane.lane);
    const count = mine.length === 0 ? batch.length : await this.invoke(shard, mine, batch);
    const failures = count > 0 ? 0 : lane.failures + 1;
    const isGivenUp = this.world.switches.discardAfter !== undefined && failures >= this.world.switches.discardAfter;
    if (isGivenUp) this.discarded += 1;
    this.done.set(name, Math.max(done, from + (isGivenUp ? batch.length : count)));
    if (this.isDrained(shard)) this.wake();
    this.next(
      shard,
      { ...lane, failures: isGivenUp ? 0 : failures },
      failures > 0 ? random.below(BACKOFF_MS * 2 ** Math.min(failures - 1, BACKOFF_DOUBLINGS_MAX)) : 1,
    );
  }

  private isReadable(shard: SimShard): boolean {
    if (this.world.switches.childFirst === true) return true;
    const parents = this.parentsOf(shard);
    if (this.world.switches.oneParent === true && parents.length > 0) return parents.some((parent) => this.isDrained(parent));
    return parents.every((parent) => this.isDrained(parent));
  }

  private parentsOf({ parents }: SimShard): SimShard[] {
    return this.world.stream.shards.filter(({ shardId }) => parents.includes(shardId));
  }

  /** How many records of the batch are done. */
  private invoke(shard: SimShard, mine: SimShard['records'], batch: SimShard['records']): Promise<number> {
    const { time } = this.world;
    const instance = this.world.take();
    return new Promise((resolve) => {
      let isOver = false;
      const end = (count: number, isFree: boolean): void => {
        if (isOver) return;
        isOver = true;
        if (isFree) this.world.giveBack(instance);
        resolve(count);
      };
      instance.actor.onDeath = () => end(0, false);
      // The caller gives up; the instance does not know and goes on.
      time.after(TIMEOUT_MS, () => end(0, false));
      instance.handle(streamEvent(mine, shard.shardId, 'arn:aws:kinesis:us-east-1:000000000000:stream/simulated')).then(
        (response) => {
          const { done } = outcomeOf(response, mine);
          const last = mine[done];
          end(done === mine.length || last === undefined ? batch.length : batch.indexOf(last), true);
        },
        () => end(0, true),
      );
    });
  }
}

interface Lane {
  readonly lane: number;
  readonly lanes: number;
  readonly failures: number;
}
