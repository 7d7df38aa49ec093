import { RetriableError } from '../../core/errors.ts';
import type { SliceUpdate } from '../../core/fold.ts';
import type { ItemKey, StateStore, StateWrite } from '../../core/ports.ts';
import { slicePk } from '../../core/state/keys.ts';
import { COMPACT_LENGTH, isCompactionDue, linkBodies, linkKey, readChain, type SliceHead } from '../../core/windows/chain.ts';
import { mergeSlices, type SliceState } from '../../core/windows/slice.ts';

type Heads = Readonly<Record<string, readonly SliceHead[]>>;

/** Which shard writes, and how long chains may grow. */
export interface SliceChainsOptions {
  readonly store: StateStore;
  readonly streamEpoch: string;
  readonly shardId: string;
  /** Length of the links of a chain before they are merged; smaller in tests. */
  readonly compactLength?: number;
}

/** Links that one batch wrote. They count once the shard item holds their heads; until then nothing reads them. */
export interface WrittenLinks {
  readonly heads: Heads;
  /** Items that no chain needs once the heads are recorded. */
  readonly obsolete: readonly ItemKey[];
}

/**
 * Window state of one shard. What a batch adds to a slice is a link of its own, named by the batch's attempt, which no other
 * instance shares; a link is never changed. Finishing the batch swaps the heads in the shard item: all its links count or none.
 */
export class SliceChains {
  private readonly options: SliceChainsOptions;

  constructor(options: SliceChainsOptions) {
    this.options = options;
  }

  /** Writes a link for each update, after the chain that `open` names; merges chains that have grown long. */
  async append(attempt: number, updates: readonly SliceUpdate[], open: Heads): Promise<WrittenLinks> {
    const heads: Record<string, SliceHead[]> = {};
    const writes: StateWrite[] = [];
    const obsolete: ItemKey[] = [];
    for (const update of updates) {
      const head = open[update.name]?.find(([startMs]) => startMs === update.startMs);
      const link = await this.linkOf(update, head);
      const [, generation] = link.head;
      const pk = this.pkOf(update, generation);
      for (const [part, body] of link.bodies.entries()) writes.push({ pk, sk: linkKey(attempt, part), expectedVersion: 0, body });
      obsolete.push(...link.obsolete);
      const named = heads[update.name] ?? [];
      heads[update.name] = named;
      named.push([link.head[0], generation, attempt, link.head[2], link.head[3]]);
    }
    await this.write(writes);
    return { heads, obsolete };
  }

  private async linkOf(
    { name, startMs, fn, slice }: SliceUpdate,
    head: SliceHead | undefined,
  ): Promise<{
    readonly head: readonly [startMs: number, generation: number, baseLength: number, deltaLength: number];
    readonly bodies: readonly string[];
    readonly obsolete: readonly ItemKey[];
  }> {
    if (head === undefined) {
      const bodies = linkBodies(slice, null);
      return { head: [startMs, 0, lengthOf(bodies), 0], bodies, obsolete: [] };
    }
    const [, generation, prev, baseLength, deltaLength] = head;
    const bodies = linkBodies(slice, prev);
    const length = lengthOf(bodies);
    if (!isCompactionDue(head, length, this.options.compactLength ?? COMPACT_LENGTH)) {
      return { head: [startMs, generation, baseLength, deltaLength + length], bodies, obsolete: [] };
    }
    const items = await this.options.store.query(this.pkOf({ name, startMs }, generation));
    const merged: SliceState = mergeSlices([...readChain(items, prev), slice], fn);
    const whole = linkBodies(merged, null);
    return { head: [startMs, generation + 1, lengthOf(whole), 0], bodies: whole, obsolete: items.map(({ pk, sk }) => ({ pk, sk })) };
  }

  /** Removes what the recorded heads no longer reach. */
  async clean(links: WrittenLinks): Promise<void> {
    if (links.obsolete.length > 0) await this.options.store.remove(links.obsolete);
  }

  private pkOf({ name, startMs }: { readonly name: string; readonly startMs: number }, generation: number): string {
    const { streamEpoch, shardId } = this.options;
    return slicePk({ name, startMs, streamEpoch, shardId }, generation);
  }

  private async write(writes: readonly StateWrite[]): Promise<void> {
    if (writes.length === 0) return;
    const applied = await this.options.store.put(writes);
    const lost = writes[applied.indexOf(false)];
    if (lost !== undefined) throw new RetriableError(`state item ${lost.pk} ${lost.sk} is there already; the batch will be tried again`);
  }
}

function lengthOf(bodies: readonly string[]): number {
  return bodies.reduce((sum, { length }) => sum + length, 0);
}
