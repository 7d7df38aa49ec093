import type { DueWindow } from '../../core/closing.ts';
import type { Family } from '../../core/plan.ts';
import type { ItemKey } from '../../core/ports.ts';
import { type SlicePlace, slicePk } from '../../core/state/keys.ts';
import { type ShardState, TIMERS } from '../../core/state/shard.ts';
import { sliceStartsOfWindow } from '../../core/windows/assign.ts';
import { generationsOf, readChain, type SliceHead } from '../../core/windows/chain.ts';
import { mergeSlices, type SliceState } from '../../core/windows/slice.ts';
import type { CloseWindowsPorts } from './handler.ts';

/** A shard on record. */
export interface KnownShard {
  readonly shardId: string;
  readonly state: ShardState;
}

/** Slices kept while closing: one hour of five-minute slices for a few hopping aggregates. */
const SLICES_KEPT = 64;

/** Reads slices as one round sees them, and remembers which items it met, so that clearing them need not look again. */
export class SliceReader {
  private readonly ports: CloseWindowsPorts;
  private readonly shards: readonly KnownShard[];
  /** Neighbouring hopping windows share most of their slices, so the last few stay in memory, merged. */
  private readonly kept = new Map<string, SliceState>();
  private readonly met = new Map<string, ItemKey[]>();

  constructor(ports: CloseWindowsPorts, shards: readonly KnownShard[]) {
    this.ports = ports;
    this.shards = shards;
  }

  /** What a window holds, over all its slices and all shards. */
  async readWindow({ family, startMs }: DueWindow): Promise<SliceState> {
    const window = family.aggregate?.window;
    if (window?.kind !== 'hopping') return this.readSlice(family, startMs);
    const slices: SliceState[] = [];
    for (const start of sliceStartsOfWindow(window, startMs)) {
      const id = `${family.name} ${start}`;
      const slice = this.kept.get(id) ?? (await this.readSlice(family, start));
      slices.push(slice);
      this.kept.set(id, slice);
      const oldest = this.kept.keys().next();
      if (this.kept.size > SLICES_KEPT && !oldest.done) this.kept.delete(oldest.value);
    }
    return mergeSlices(slices, family.fn);
  }

  /** Partition keys with a timer in a minute, sorted. */
  async readTimers(minute: number): Promise<string[]> {
    return [...new Set((await this.links(TIMERS, minute)).flatMap(({ groups }) => Object.keys(groups)))].sort();
  }

  /** Every item of a slice over all shards, those that failed attempts left among them. */
  async itemsOf(name: string, startMs: number): Promise<ItemKey[]> {
    const keys: ItemKey[] = [];
    for (const { place, head } of this.chains(name, startMs)) {
      for (const generation of generationsOf(head)) {
        const pk = slicePk(place, generation);
        keys.push(...(this.met.get(pk) ?? (await this.ports.store.query(pk)).map(({ sk }) => ({ pk, sk }))));
      }
    }
    return keys;
  }

  private async readSlice({ name, fn }: Family, startMs: number): Promise<SliceState> {
    const links = await this.links(name, startMs);
    const [only] = links;
    return only !== undefined && links.length === 1 ? only : mergeSlices(links, fn);
  }

  private async links(name: string, startMs: number): Promise<SliceState[]> {
    const links: SliceState[] = [];
    for (const { place, head } of this.chains(name, startMs)) {
      const pk = slicePk(place, head[1]);
      const items = await this.ports.store.query(pk);
      this.met.set(
        pk,
        items.map(({ sk }) => ({ pk, sk })),
      );
      for (const link of readChain(items, head[2])) links.push(link);
    }
    return links;
  }

  private chains(name: string, startMs: number): { readonly place: SlicePlace; readonly head: SliceHead }[] {
    return this.shards.flatMap(({ shardId, state }) => {
      const head = state.open[name]?.find(([start]) => start === startMs);
      return head === undefined ? [] : [{ place: { name, startMs, streamEpoch: this.ports.streamEpoch, shardId }, head }];
    });
  }
}
