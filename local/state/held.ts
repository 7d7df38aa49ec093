import type { ItemKey } from '../../core/ports.ts';

/** Where the body of an item lies in the journal; undefined when the table has it. */
export interface BodyPlace {
  readonly at: number;
  readonly bytes: number;
}

/** What is known of one item in memory; version 0 means that it was removed or never there. */
export interface ItemState {
  readonly version: number;
  /** Epoch ms after which the item counts as absent; null if it stays. */
  readonly expiresAtMs: number | null;
  /** Set when the item differs from the table. */
  readonly inJournal: BodyPlace | undefined;
}

/** An item in memory, without its body: bodies that live as long as this would keep the garbage collector busy. */
export interface HeldItem extends ItemKey {
  state: ItemState;
  /** Whether the table has any state of it. */
  isInTable: boolean;
}

/** Items in memory by partition key, then sort key. */
export class HeldItems {
  private readonly byPk = new Map<string, Map<string, HeldItem>>();

  get(pk: string, sk: string): HeldItem | undefined {
    return this.byPk.get(pk)?.get(sk);
  }

  /** Holds an item; its key must not be held yet. */
  add(item: HeldItem): void {
    const items = this.byPk.get(item.pk);
    if (items === undefined) this.byPk.set(item.pk, new Map([[item.sk, item]]));
    else items.set(item.sk, item);
  }

  /** Items of one partition key, in no particular order. */
  of(pk: string): HeldItem[] {
    return [...(this.byPk.get(pk)?.values() ?? [])];
  }

  /** The items that `keep` is true of, as a new collection. */
  filter(keep: (item: HeldItem) => boolean): HeldItems {
    const kept = new HeldItems();
    for (const item of this) if (keep(item)) kept.add(item);
    return kept;
  }

  *[Symbol.iterator](): Generator<HeldItem> {
    for (const items of this.byPk.values()) yield* items.values();
  }
}
