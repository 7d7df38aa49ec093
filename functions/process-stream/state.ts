import { RetriableError } from '../../core/errors.ts';
import type { Event } from '../../core/model.ts';
import type { Plan } from '../../core/plan.ts';
import type { ItemKey, StateStore, StateWrite } from '../../core/ports.ts';
import type { Profile } from '../../core/processor.ts';
import { type KeyTiles, parseTiles } from '../../core/profiles/tiles.ts';
import { type IdBlock, type IdEntry, type IdMemory, spillIds } from '../../core/state/ids.ts';
import { idSegmentKey, profileKey, tilesKey } from '../../core/state/keys.ts';
import { encodeProfile, newProfile, parseProfile } from '../../core/state/profile.ts';
import { ItemCache } from './cache.ts';

/** Profiles and tiles kept warm per shard: about 40 MB at a typical 2 KB each, well inside a 512 MB function. */
const CACHE_ITEMS_MAX = 20_000;

interface Loaded<T> {
  readonly key: ItemKey;
  readonly version: number;
  readonly state: T;
}

interface LoadedTiles {
  readonly frontierMs: number;
  readonly tiles: KeyTiles | undefined;
}

const idOf = (key: ItemKey): string => `${key.pk}\n${key.sk}`;

/** Reads and writes the keyed state of one shard's batches: profiles and closed tiles. */
export class BatchState {
  private readonly store: StateStore;
  /** With their keys: a key that is made anew for each batch must be hashed anew by the store. */
  private readonly profiles = new ItemCache<{ readonly key: ItemKey; readonly profile: Profile }>(CACHE_ITEMS_MAX);
  private readonly tiles = new Map<string, ItemCache<LoadedTiles>>();

  constructor(store: StateStore) {
    this.store = store;
  }

  /** Forgets cached state: another instance may have written, or an attempt failed half-way. */
  forget(): void {
    this.profiles.clear();
    this.tiles.clear();
  }

  /** Profiles of the keys, from the cache or the store; fresh ones for keys never seen. */
  async loadProfiles(keys: Iterable<string>): Promise<{ readonly profiles: Map<string, Loaded<Profile>>; readonly isFromStore: boolean }> {
    const loaded = new Map<string, Loaded<Profile>>();
    const missing: string[] = [];
    for (const key of keys) {
      const cached = this.profiles.get(key);
      if (cached === undefined) missing.push(key);
      else loaded.set(key, { key: cached.state.key, version: cached.version, state: cached.state.profile });
    }
    const itemKeys = missing.map(profileKey);
    const items = await this.store.get(itemKeys);
    for (const [i, key] of missing.entries()) {
      const item = items[i];
      const state = item === undefined ? newProfile() : parseProfile(item.body);
      const spilled = await this.loadSegments(
        key,
        state.ids.segments.map(({ segment }) => segment),
      );
      loaded.set(key, { key: itemKeys[i] ?? profileKey(key), version: item?.version ?? 0, state: { state, spilled } });
    }
    return { profiles: loaded, isFromStore: missing.length > 0 };
  }

  private async loadSegments(key: string, segments: readonly string[]): Promise<Map<string, Map<string, IdEntry[]>>> {
    const spilled = new Map<string, Map<string, IdEntry[]>>();
    if (segments.length === 0) return spilled;
    const items = await this.store.get(segments.map((segment) => idSegmentKey(key, segment)));
    for (const [i, segment] of segments.entries()) {
      const body = items[i]?.body;
      if (body === undefined) throw new RetriableError(`profile ${key}: id segment ${segment} is missing from the state store`);
      spilled.set(segment, indexById(JSON.parse(body) as IdEntry[]));
    }
    return spilled;
  }

  /**
   * Writes the changed ones of the loaded profiles; throws RetriableError if another writer was there. Full id blocks become items
   * named after `segment`, which no other attempt shares, before that: one that is overdue cannot touch what a profile refers to.
   */
  async storeProfiles(profiles: ReadonlyMap<string, Loaded<Profile>>, changed: Iterable<string>, segment: string): Promise<void> {
    const writes: StateWrite[] = [];
    const blocks: StateWrite[] = [];
    const expired: ItemKey[] = [];
    const written: { readonly name: string; readonly key: ItemKey; readonly version: number; readonly profile: Profile }[] = [];
    for (const key of changed) {
      const loaded = profiles.get(key);
      if (loaded === undefined) continue;
      const { state, spilled } = loaded.state;
      const moved = spillIds(state.ids, segment);
      for (const { segment: name, entries } of moved)
        blocks.push({ ...idSegmentKey(key, name), expectedVersion: 0, body: JSON.stringify(entries) });
      const kept = moved.length === 0 && spilled.size === 0 ? spilled : keptOf(state.ids, spilled, moved);
      for (const name of spilled.keys()) if (!kept.has(name)) expired.push(idSegmentKey(key, name));
      writes.push({ ...loaded.key, expectedVersion: loaded.version, body: encodeProfile(state) });
      written.push({ name: key, key: loaded.key, version: loaded.version + 1, profile: { state, spilled: kept } });
    }
    await this.swap(blocks);
    await this.swap(writes);
    for (const { name, key, version, profile } of written) this.profiles.set(name, version, { key, profile });
    if (expired.length > 0) await this.store.remove(expired);
  }

  /** Closed tiles that the events' features read, loaded when the cached ones may be older than `frontierMs`. */
  async loadTiles(
    plan: Plan,
    events: readonly Event[],
    frontierMs: number | null,
  ): Promise<(ringId: string, key: string) => KeyTiles | undefined> {
    if (frontierMs === null) return () => undefined;
    const byRing = new Map<string, Map<string, KeyTiles | undefined>>();
    const missing: { readonly ringId: string; readonly value: string; readonly key: ItemKey }[] = [];
    for (const { ringId, by } of plan.tileFeatures.rings) {
      const found = new Map<string, KeyTiles | undefined>();
      byRing.set(ringId, found);
      const cache = this.tilesIn(ringId, plan.tileFeatures.rings.length);
      for (const event of events) {
        if (event.values[by] === undefined) continue;
        const value = String(event.values[by]);
        if (found.has(value)) continue;
        const cached = cache.get(value);
        found.set(value, cached?.state.tiles);
        if (cached === undefined || cached.state.frontierMs < frontierMs) missing.push({ ringId, value, key: tilesKey(ringId, value) });
      }
    }
    const items = await this.store.get(missing.map(({ key }) => key));
    for (const [i, { ringId, value }] of missing.entries()) {
      const item = items[i];
      const state = { frontierMs, tiles: item === undefined ? undefined : parseTiles(item.body) };
      byRing.get(ringId)?.set(value, state.tiles);
      this.tiles.get(ringId)?.set(value, item?.version ?? 0, state);
    }
    return (ringId, value) => byRing.get(ringId)?.get(value);
  }

  /** Closed tiles of one ring by key: names of rings are long, and would be hashed for each event if they were a part of it. */
  private tilesIn(ringId: string, rings: number): ItemCache<LoadedTiles> {
    const known = this.tiles.get(ringId);
    if (known !== undefined) return known;
    const made = new ItemCache<LoadedTiles>(Math.ceil(CACHE_ITEMS_MAX / rings));
    this.tiles.set(ringId, made);
    return made;
  }

  private async swap(writes: readonly StateWrite[]): Promise<void> {
    if (writes.length === 0) return;
    const applied = await this.store.put(writes);
    const lost = applied.indexOf(false);
    if (lost >= 0)
      throw new RetriableError(`state item ${idOf(writes[lost] ?? { pk: '?', sk: '?' })} changed under this batch; it will be tried again`);
  }
}

/** Blocks that the profile still refers to, with those that were just moved out. */
function keptOf({ segments }: IdMemory, spilled: Profile['spilled'], moved: readonly IdBlock[]): Profile['spilled'] {
  const live = new Set(segments.map(({ segment }) => segment));
  const kept = new Map([...spilled].filter(([segment]) => live.has(segment)));
  for (const { segment, entries } of moved) kept.set(segment, indexById(entries));
  return kept;
}

function indexById(entries: readonly IdEntry[]): Map<string, IdEntry[]> {
  const byId = new Map<string, IdEntry[]>();
  for (const entry of entries) {
    const same = byId.get(entry[1]);
    if (same === undefined) byId.set(entry[1], [entry]);
    else same.push(entry);
  }
  return byId;
}
