import { sequenceOf } from '../../core/decode/position.ts';
import type { Event, Position } from '../../core/model.ts';
import { readRecords } from '../../core/read.ts';
import type { ProfileState } from '../../core/state/profile.ts';
import { isPending } from '../../core/state/shard.ts';
import { shardRefOf } from '../process-stream/begin.ts';
import type { WarmPorts } from './ports.ts';
import type { LeftShard } from './state.ts';

/** An event of a batch that was begun and not finished. */
interface UnfinishedEvent {
  readonly shardRef: string;
  readonly position: Position;
  readonly event: Event;
}

/**
 * Events of batches that were begun and not finished. Some profiles hold their verdicts already, and the retry adds those events to no ring
 * again; it does add the others. Tiles of other keys get all of them by the retry.
 */
export class Unfinished {
  /** Shards whose unfinished batch the stream no longer has. */
  readonly lost: readonly string[];
  private readonly byKey: ReadonlyMap<string, readonly UnfinishedEvent[]>;

  private constructor(byKey: ReadonlyMap<string, readonly UnfinishedEvent[]>, lost: readonly string[]) {
    this.byKey = byKey;
    this.lost = lost;
  }

  /** Reads them from the stream. */
  static async read(ports: WarmPorts, shards: readonly LeftShard[]): Promise<Unfinished> {
    const byKey = new Map<string, UnfinishedEvent[]>();
    const lost: string[] = [];
    for (const { shardId, state } of shards) {
      if (!isPending(state) || state.through === null) continue;
      const { hi, through } = state;
      const range = { from: hi === null ? undefined : sequenceOf(hi), through: sequenceOf(through) };
      const units = readRecords(ports.plan, await ports.unfinished(shardId, range));
      const isThere = (position: Position): boolean => units.some(({ raw }) => raw.position === position);
      // Streams forget their oldest records first: between the two none is missing.
      if (!isThere(through) || (hi !== null && !isThere(hi))) lost.push(shardId);
      for (const { raw, parsed } of units) {
        if (!('event' in parsed) || raw.position > through || (hi !== null && raw.position <= hi)) continue;
        const of = { shardRef: shardRefOf(ports.streamEpoch, shardId), position: raw.position, event: parsed.event };
        byKey.set(parsed.event.key, [...(byKey.get(parsed.event.key) ?? []), of]);
      }
    }
    return new Unfinished(byKey, lost);
  }

  /** Keys that have such events. */
  keys(): string[] {
    return [...this.byKey.keys()];
  }

  /** Those events of a key that its profile has accepted. */
  acceptedBy(key: string, profile: ProfileState): Event[] {
    return (this.byKey.get(key) ?? [])
      .filter(({ shardRef, position }) => profile.verdicts[shardRef]?.some(({ at, lane }) => at === position && lane === 'accepted'))
      .map(({ event }) => event);
  }
}
