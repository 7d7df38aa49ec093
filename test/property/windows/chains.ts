import type { SliceUpdate } from '../../../core/fold.ts';
import type { StateItem } from '../../../core/ports.ts';
import { isCompactionDue, linkBodies, linkKey, readChain, type SliceHead } from '../../../core/windows/chain.ts';
import { mergeSlices, type SliceState } from '../../../core/windows/slice.ts';

type Heads = Readonly<Record<string, readonly SliceHead[]>>;

const pkOf = (shard: number, name: string, startMs: number, generation: number): string => `${name} ${startMs} ${shard} ${generation}`;

/** Links of slices in memory, as text, by slice, shard and generation. */
export class ChainStore {
  private readonly items = new Map<string, StateItem[]>();

  /** Writes a link for each update behind the chains that `open` names, and merges those grown long; their new heads. */
  append(
    shard: number,
    updates: readonly SliceUpdate[],
    open: Heads,
    { attempt, compactLength }: { readonly attempt: number; readonly compactLength: number },
  ): Record<string, SliceHead[]> {
    const heads: Record<string, SliceHead[]> = {};
    for (const { name, startMs, fn, slice } of updates) {
      const head = open[name]?.find(([start]) => start === startMs);
      const bodies = linkBodies(slice, head?.[2] ?? null);
      const length = lengthOf(bodies);
      heads[name] ??= [];
      if (head !== undefined && isCompactionDue(head, length, compactLength)) {
        const whole = linkBodies(mergeSlices([...this.read(shard, name, head), slice], fn), null);
        this.write(pkOf(shard, name, startMs, head[1] + 1), attempt, whole);
        this.items.delete(pkOf(shard, name, startMs, head[1]));
        heads[name].push([startMs, head[1] + 1, attempt, lengthOf(whole), 0]);
      } else {
        const [, generation, , base, delta] = head ?? [startMs, 0, 0, length, -length];
        this.write(pkOf(shard, name, startMs, generation), attempt, bodies);
        heads[name].push([startMs, generation, attempt, base, delta + length]);
      }
    }
    return heads;
  }

  /** The links of a slice of a shard; none if it has no head. */
  read(shard: number, name: string, head: SliceHead | undefined): SliceState[] {
    return head === undefined ? [] : readChain(this.items.get(pkOf(shard, name, head[0], head[1])) ?? [], head[2]);
  }

  /** Removes a slice of every shard. */
  clear(name: string, startMs: number): void {
    for (const pk of this.items.keys()) if (pk.startsWith(`${name} ${startMs} `)) this.items.delete(pk);
  }

  private write(pk: string, attempt: number, bodies: readonly string[]): void {
    const items = this.items.get(pk) ?? [];
    items.push(...bodies.map((body, part) => ({ pk, sk: linkKey(attempt, part), version: 1, body })));
    this.items.set(pk, items);
  }
}

function lengthOf(bodies: readonly string[]): number {
  return bodies.reduce((sum, { length }) => sum + length, 0);
}
