import { positionOf } from '../../core/decode/position.ts';
import type { TakenRecord } from '../send/sender.ts';

/** A sub-batch that was decided: all records of its shard up to `hi` had their decisions delivered at `decidedMs`, epoch ms. */
export interface Decided {
  readonly shardId: string;
  readonly hi: string;
  readonly decidedMs: number;
}

interface ShardPlace {
  readonly waiting: { readonly position: string; readonly record: TakenRecord }[];
  readonly decided: Decided[];
}

/**
 * Joins what the stream took with what the processor says it has decided: a record is decided with the first sub-batch of its shard
 * whose `hi` is at or past it. Either side may be heard of first. Memory holds what waits only.
 */
export class DecisionTracker {
  private readonly places = new Map<string, ShardPlace>();
  private readonly onDecided: (record: TakenRecord, decidedMs: number) => void;
  private open = 0;

  constructor(onDecided: (record: TakenRecord, decidedMs: number) => void) {
    this.onDecided = onDecided;
  }

  /** Records that wait for their decision. */
  get waiting(): number {
    return this.open;
  }

  taken(record: TakenRecord): void {
    const place = this.placeOf(record.shardId);
    // A pack may be decided in parts: what counts is its last event.
    place.waiting.push({ position: positionOf(record.sequence, Math.max(0, record.events.length - 1)), record });
    this.open += 1;
    this.join(place);
  }

  decided(batches: readonly Decided[]): void {
    for (const batch of batches) this.placeOf(batch.shardId).decided.push(batch);
    for (const shardId of new Set(batches.map((batch) => batch.shardId))) this.join(this.placeOf(shardId));
  }

  private placeOf(shardId: string): ShardPlace {
    const known = this.places.get(shardId);
    if (known !== undefined) return known;
    const place: ShardPlace = { waiting: [], decided: [] };
    this.places.set(shardId, place);
    return place;
  }

  private join({ waiting, decided }: ShardPlace): void {
    let done = 0;
    let past = 0;
    for (; done < waiting.length; done++) {
      const { position, record } = waiting[done] as ShardPlace['waiting'][number];
      while (past < decided.length && (decided[past] as Decided).hi < position) past += 1;
      const batch = decided[past];
      if (batch === undefined) break;
      this.onDecided(record, batch.decidedMs);
    }
    this.open -= done;
    waiting.splice(0, done);
    // Batches behind all that waits are of no use; with nothing waiting, the newest may still be heard of too early.
    decided.splice(0, waiting.length > 0 ? past : Math.max(past, decided.length - KEPT_MAX));
  }
}

/** Batches kept for records whose answer is still on its way: those of a minute and more. */
const KEPT_MAX = 2_000;
