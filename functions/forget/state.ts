import { componentIdsOf } from '../../core/aggregates/aggregate.ts';
import { type Renaming, renameValue } from '../../core/aggregates/rename.ts';
import type { Accumulator } from '../../core/aggregates/types.ts';
import type { Aggregate } from '../../core/definition/pipeline.ts';
import { RetriableError, UsageError } from '../../core/errors.ts';
import type { Plan } from '../../core/plan.ts';
import type { StateStore, StateWrite } from '../../core/ports.ts';
import { parseCloser } from '../../core/state/closer.ts';
import { closerKey, profileKey, shardsPk, slicePk, tilesKey } from '../../core/state/keys.ts';
import { Part } from '../../core/state/part.ts';
import { encodeProfile, newProfile, type ProfileState, parseProfile, type Sessions } from '../../core/state/profile.ts';
import { isPending, parseShard, TIMERS } from '../../core/state/shard.ts';
import { generationsOf } from '../../core/windows/chain.ts';
import { tileFamilyName } from '../../core/windows/families.ts';
import { dropFinal, type SessionState } from '../../core/windows/sessions.ts';

/** Whose state it is, and what the pipeline keeps of it. */
export interface StateSubject {
  readonly plan: Plan;
  readonly streamEpoch: string;
  readonly field: string;
  readonly value: string;
  readonly pseudonym: string;
}

/** A shard is in the middle of a batch: where its processor runs, it is over in a moment. */
export class PendingBatchError extends UsageError {}

/**
 * Puts the pseudonym in the place of the key in all state, so that open windows close under it: open sessions move to its profile, groups
 * and remembered values of open windows are renamed. What else a profile remembers (ids, features) goes. Returns how many items change;
 * `isDry` changes none. Does no more when done again. Throws PendingBatchError while a batch is unfinished, which would need the old profile.
 */
export async function maskState(store: StateStore, subject: StateSubject, isDry: boolean): Promise<number> {
  const shards = (await store.query(shardsPk(subject.streamEpoch))).map(({ sk, body }) => ({ shardId: sk, state: parseShard(body) }));
  const pending = shards.find(({ state }) => isPending(state));
  if (pending !== undefined)
    throw new PendingBatchError(
      `shard ${pending.shardId}: got "a batch that was begun and not finished"; allowed: none: run the pipeline again until it has drained its stream`,
    );
  const moved = await moveProfile(store, subject, isDry);
  let renamed = 0;
  for (const { shardId, state } of shards) {
    for (const [name, heads] of Object.entries(state.open)) {
      const rename = groupRenamer(subject, name);
      if (rename === undefined) continue;
      for (const head of heads) {
        for (const generation of generationsOf(head)) {
          const pk = slicePk({ name, startMs: head[0], streamEpoch: subject.streamEpoch, shardId }, generation);
          renamed += await renameIn(store, pk, rename, isDry);
        }
      }
    }
  }
  return renamed + moved + (await dropOld(store, subject, isDry));
}

async function renameIn(store: StateStore, pk: string, rename: (groups: Groups) => Groups | undefined, isDry: boolean): Promise<number> {
  const writes: StateWrite[] = [];
  for (const { sk, version, body } of await store.query(pk)) {
    const link = JSON.parse(body) as { groups: Groups };
    const groups = rename(link.groups);
    if (groups !== undefined) writes.push({ pk, sk, expectedVersion: version, body: JSON.stringify({ ...link, groups }) });
  }
  if (!isDry) await swap(store, writes);
  return writes.length;
}

type Groups = Record<string, Accumulator>;

/** Renames groups and values in the groups of one window family; undefined where the family cannot hold the key. */
function groupRenamer(subject: StateSubject, name: string): ((groups: Groups) => Groups | undefined) | undefined {
  const { plan, field, value, pseudonym } = subject;
  if (name === TIMERS)
    return (groups) =>
      renamedGroups(
        groups,
        (key) => (key === value ? pseudonym : key),
        (into) => into,
      );
  const family = plan.families.find((one) => one.name === name);
  if (family === undefined) return undefined;
  const { aggregate, fn } = family;
  if (aggregate === undefined) {
    const isBy = plan.tileFeatures.rings.some((ring) => tileFamilyName(ring) === name && ring.by === field);
    return isBy ? (groups) => renamedGroups(groups, (key) => (key === value ? pseudonym : key), fn.merge) : undefined;
  }
  if (plan.pipeline.eventTypes[aggregate.over]?.fields[field] === undefined) return undefined;
  const ids = idsOf(plan, aggregate);
  return (groups) => {
    let isChanged = false;
    for (const key of Object.keys(groups)) isChanged = renameValue(groups[key] ?? [], ids, renamingOf(subject)) || isChanged;
    return renamedGroups(groups, (key) => renamedKey(aggregate, key, subject), fn.merge) ?? (isChanged ? groups : undefined);
  };
}

function renamedGroups(
  groups: Groups,
  nameOf: (key: string) => string,
  merge: (a: Accumulator, b: Accumulator) => Accumulator,
): Groups | undefined {
  if (Object.keys(groups).every((key) => nameOf(key) === key)) return undefined;
  const renamed = new Map<string, Accumulator>();
  for (const [key, part] of Object.entries(groups)) {
    const known = renamed.get(nameOf(key));
    renamed.set(nameOf(key), known === undefined ? part : merge(known, part));
  }
  return Object.fromEntries(renamed);
}

function renamedKey({ groupBy }: Aggregate, groupKey: string, { field, value, pseudonym }: StateSubject): string {
  const at = groupBy.findIndex((group) => group.field === field);
  if (at < 0) return groupKey;
  const values = JSON.parse(groupKey) as unknown[];
  return values[at] === value ? JSON.stringify(values.with(at, pseudonym)) : groupKey;
}

function renamingOf({ field, value, pseudonym }: StateSubject): Renaming {
  return { field, from: value, to: pseudonym };
}

function idsOf({ pipeline }: Plan, aggregate: Aggregate): string[] {
  return componentIdsOf(aggregate.measures, pipeline.eventTypes[aggregate.over]?.fields ?? {});
}

/** Gives the open sessions of the key to the pseudonym, once: positions say whether an earlier try has done so. */
async function moveProfile(store: StateStore, subject: StateSubject, isDry: boolean): Promise<number> {
  const [from, to, closer] = await store.get([profileKey(subject.value), profileKey(subject.pseudonym), closerKey(subject.streamEpoch)]);
  if (from === undefined) return 0;
  const old = parseProfile(from.body);
  const open = openSessions(subject, old.sessions.read(), parseCloser(closer?.body).sessionsClosedMs);
  const target: ProfileState = to === undefined ? newProfile() : parseProfile(to.body);
  const isMoved = Object.entries(old.hi).every(([shard, hi]) => (target.hi[shard] ?? '') >= hi);
  if (open === undefined || isMoved) return 0;
  const hi = { ...target.hi };
  for (const [shard, at] of Object.entries(old.hi)) if (at > (hi[shard] ?? '')) hi[shard] = at;
  const body = encodeProfile({ ...newProfile(), hi, sessions: Part.of(mergedSessions(subject, target.sessions.read(), open)) });
  if (!isDry) await swap(store, [{ ...profileKey(subject.pseudonym), expectedVersion: to?.version ?? 0, body }]);
  return 1;
}

/** Sessions that were not emitted yet, under the pseudonym; undefined if there are none. */
function openSessions(subject: StateSubject, sessions: Sessions, closedMs: number | null): Sessions | undefined {
  const { plan } = subject;
  const moved: Sessions = {};
  for (const { aggregate, gapMs } of plan.sessions) {
    const ids = idsOf(plan, aggregate);
    for (const [key, list] of Object.entries(sessions[aggregate.name] ?? {})) {
      const open = closedMs === null ? list : dropFinal(list, gapMs, plan.pipeline.time.allowedLatenessMs, closedMs);
      if (open.length === 0) continue;
      for (const { acc } of open) renameValue(acc, ids, renamingOf(subject));
      moved[aggregate.name] = { ...moved[aggregate.name], [renamedKey(aggregate, key, subject)]: open };
    }
  }
  return Object.keys(moved).length === 0 ? undefined : moved;
}

function mergedSessions({ plan }: StateSubject, into: Sessions, more: Sessions): Sessions {
  const merged: Sessions = { ...into };
  for (const { aggregate, gapMs, fn } of plan.sessions) {
    for (const [key, list] of Object.entries(more[aggregate.name] ?? {})) {
      const all = [...(into[aggregate.name]?.[key] ?? []), ...list].sort((a, b) => a.start - b.start);
      const joined: SessionState[] = [];
      for (const one of all) {
        const last = joined.at(-1);
        if (last === undefined || one.start - last.last > gapMs) joined.push(one);
        else joined[joined.length - 1] = { start: last.start, last: Math.max(last.last, one.last), acc: fn.merge(last.acc, one.acc) };
      }
      merged[aggregate.name] = { ...merged[aggregate.name], [key]: joined };
    }
  }
  return merged;
}

async function dropOld(store: StateStore, { plan, field, value }: StateSubject, isDry: boolean): Promise<number> {
  const tiles = plan.tileFeatures.rings.filter(({ by }) => by === field).map(({ ringId }) => tilesKey(ringId, value));
  const there = (await store.get(tiles)).flatMap((item) => item ?? []);
  const old = [...there, ...(await store.query(profileKey(value).pk))].map(({ pk, sk }) => ({ pk, sk }));
  if (!isDry && old.length > 0) await store.remove(old);
  return old.length;
}

async function swap(store: StateStore, writes: readonly StateWrite[]): Promise<void> {
  if (writes.length === 0) return;
  if ((await store.put(writes)).includes(false)) throw new RetriableError('state changed meanwhile; run the same command again');
}
