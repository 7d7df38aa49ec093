import { EXPLAINED } from './definition/features.ts';
import { RetriableError } from './errors.ts';
import type { Event, Lane, Parsed, Position, RawEvent, Rejection } from './model.ts';
import type { Plan } from './plan.ts';
import type { KeyTiles } from './profiles/tiles.ts';
import type { RuleSet } from './rules/compile.ts';
import type { Decision, FeatureValues } from './rules/decision.ts';
import { forgetIds, type IdEntry, type IdVerdict, judgeId } from './state/ids.ts';
import type { ProfileState, RecordedVerdict } from './state/profile.ts';
import type { Context, Counters, ShardState } from './state/shard.ts';
import { isLate, observe, watermarkOf } from './time/watermark.ts';
import { groupKeyOf } from './windows/groups.ts';
import { addToSessions, dropFinal } from './windows/sessions.ts';

/** One record on its way through a batch. */
export interface Unit {
  readonly raw: RawEvent;
  readonly parsed: Parsed;
  /** What was recorded when the record was first judged: a replay does not see all records of the shard that its watermark depends on. */
  readonly recorded?: RecordedJudgement;
}

/** What the archive holds of how a record was judged. */
export interface RecordedJudgement {
  /** The shard's watermark then, epoch ms. */
  readonly watermarkMs: number | null;
  /** The lane to take as it was: for keys on several shards at once, whose order of processing nobody knows any more. */
  readonly lane?: Lane;
}

/** A profile in memory with the id blocks that were spilled from it, indexed by event id. */
export interface Profile {
  readonly state: ProfileState;
  readonly spilled: ReadonlyMap<string, ReadonlyMap<string, readonly IdEntry[]>>;
}

/** What became of one record. */
export interface Verdict {
  readonly raw: RawEvent;
  readonly lane: Lane;
  /** The shard's watermark the record was judged by, epoch ms. */
  readonly watermarkMs: number | null;
  readonly event?: Event;
  readonly rejection?: Rejection;
  /** False when an earlier attempt already folded it into its profile. */
  readonly isFresh: boolean;
  readonly decision?: Decision;
  readonly features?: Readonly<Record<string, number | null>>;
}

/** Everything a batch is judged by. */
export interface JudgeInput {
  readonly plan: Plan;
  /** Undefined when the pipeline judges nothing. */
  readonly rules: RuleSet | undefined;
  /** Name of the shard in profiles: stream epoch and shard id. */
  readonly shardRef: string;
  readonly shard: ShardState;
  readonly context: Context;
  /** Records past `shard.hi`, in stream order. */
  readonly units: readonly Unit[];
  /** Profiles of all keys in `units`; changed in place. */
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly tilesOf: (ringId: string, key: string) => KeyTiles | undefined;
  /**
   * Watermark of the pipeline as the closer last recorded it; null before that. No live shard is behind it: what lies so far back
   * that nobody at this watermark could need it leaves the profile, though this shard may be far ahead.
   */
  readonly leastMs: number | null;
  /** Sessions final behind this watermark were emitted and leave the profile. */
  readonly sessionsClosedMs: number | null;
}

/** Result of judging a batch: the profiles were changed in place. */
export interface Judged {
  readonly verdicts: readonly Verdict[];
  readonly maxEventMs: number | null;
  readonly counters: Counters;
}

/**
 * Judges the records of one shard in order: quarantined, duplicate, late or accepted, and decides on accepted and late events.
 * A pure function of (shard prefix, recorded context, profiles), and profiles keep the verdicts of what is unfinished: each retry,
 * whatever its boundaries, gives the same verdicts.
 */
export function judgeBatch(input: JudgeInput): Judged {
  const { plan, shard, context } = input;
  const counters = { ...shard.counters };
  const bound = plan.pipeline.time.outOfOrdernessMs;
  const clock: { maxEventMs: number | null; floorMs: number | null } = { maxEventMs: shard.maxEventMs, floorMs: context.floorMs };
  const touched = new Set<string>();
  const verdicts = input.units.map((unit) => {
    counters.seen += 1;
    if ('rejection' in unit.parsed) {
      counters.quarantined += 1;
      const watermarkMs = unit.recorded === undefined ? watermarkOf(clock, bound) : unit.recorded.watermarkMs;
      return { raw: unit.raw, lane: 'quarantined' as const, watermarkMs, rejection: unit.parsed.rejection, isFresh: true };
    }
    clock.maxEventMs = observe(clock, unit.parsed.event.timeMs, unit.raw.arrivalMs).maxEventMs;
    const judgement = unit.recorded ?? { watermarkMs: watermarkOf(clock, bound) };
    const verdict = judgeEvent(input, unit.raw, unit.parsed.event, judgement);
    if (verdict.isFresh) touched.add(unit.parsed.event.key);
    counters[verdict.lane] += 1;
    if (isMisrouted(input, unit.parsed.event.key)) counters.misrouted += 1;
    return verdict;
  });
  for (const key of touched) tidy(input, profileOf(input, key).state);
  return { verdicts, maxEventMs: clock.maxEventMs, counters };
}

function isMisrouted(input: JudgeInput, key: string): boolean {
  const hi = input.profiles.get(key)?.state.hi ?? {};
  for (const shard in hi) if (shard !== input.shardRef && !input.shard.ancestors.includes(shard)) return true;
  return false;
}

function judgeEvent(input: JudgeInput, raw: RawEvent, event: Event, { watermarkMs, lane: known }: RecordedJudgement): Verdict {
  const { plan, shardRef } = input;
  const { allowedLatenessMs, duplicateMemoryMs } = plan.pipeline.time;
  const profile = profileOf(input, event.key);
  const appliedTo = profile.state.hi[shardRef];
  const isFresh = appliedTo === undefined || raw.position > appliedTo;
  if (!isFresh) return { raw, watermarkMs, isFresh, ...recordedVerdict(input, profile.state, raw.position, event) };
  const aliveFromMs = watermarkMs === null ? Number.NEGATIVE_INFINITY : watermarkMs - duplicateMemoryMs;
  const ofId = judgeIdIn(profile, { type: event.type, id: event.id, position: raw.position, shard: shardRef, aliveFromMs });
  const lane = known ?? laneOf(ofId, isLate(event.timeMs, watermarkMs, allowedLatenessMs));
  const judged = lane === 'duplicate' ? undefined : decide(input, event, profile.state, watermarkMs);
  const told = lane === 'accepted' ? plan.keyFeatures.told(event, () => profile.state.rings.read()) : event;
  if (lane === 'accepted') accept(input, raw, event, { profile: profile.state, features: judged?.features });
  const features = judged?.features === undefined ? {} : { features: remarkable(plan, judged.features) };
  record(input, profile.state, {
    at: raw.position,
    lane,
    ...features,
    ...(told === event ? {} : { explained: told.values[EXPLAINED] === true }),
  });
  profile.state.hi[shardRef] = raw.position;
  return { raw, lane, watermarkMs, event: told, isFresh, ...judged };
}

/** The features that say something: most are about what few events have, and a profile keeps those of every event of a batch. */
function remarkable({ ofNothing }: Plan, features: FeatureValues): FeatureValues {
  const kept: Record<string, number | null> = {};
  for (const name in features) {
    const value = features[name];
    if (value !== undefined && value !== ofNothing[name]) kept[name] = value;
  }
  return kept;
}

/** Keeps a verdict for retries; those of batches that are finished go. */
function record({ shardRef, shard }: JudgeInput, profile: ProfileState, verdict: RecordedVerdict): void {
  const before = profile.verdicts[shardRef];
  const first = before?.[0];
  if (before === undefined || first === undefined) profile.verdicts[shardRef] = [verdict];
  else if (shard.hi === null || first.at > shard.hi) before.push(verdict);
  else profile.verdicts[shardRef] = [...before.filter(({ at }) => shard.hi === null || at > shard.hi), verdict];
}

/** What an earlier attempt made of an event; its rules are run again over the features of then. */
function recordedVerdict(
  { plan, rules, shardRef }: JudgeInput,
  profile: ProfileState,
  position: Position,
  event: Event,
): Pick<Verdict, 'lane' | 'event' | 'decision' | 'features'> {
  const recorded = profile.verdicts[shardRef]?.find(({ at }) => at === position);
  if (recorded === undefined) throw new RetriableError(`profile of ${event.key} has moved past ${position}; the batch will be tried again`);
  const { lane } = recorded;
  const told = lane === 'accepted' ? plan.keyFeatures.told(event, () => profile.rings.read(), recorded.explained) : event;
  if (recorded.features === undefined || rules === undefined) return { lane, event: told };
  const features = { ...plan.ofNothing, ...recorded.features };
  return { lane, event: told, features, decision: rules.judge(event, features) };
}

function profileOf(input: JudgeInput, key: string): Profile {
  const profile = input.profiles.get(key);
  if (profile === undefined) throw new Error(`profile of ${key} was not loaded`);
  return profile;
}

function laneOf(known: IdVerdict, late: boolean): Lane {
  if (known === 'own') return 'accepted';
  if (known === 'duplicate') return 'duplicate';
  return late ? 'late' : 'accepted';
}

function judgeIdIn(profile: Profile, event: Parameters<typeof judgeId>[1]): IdVerdict {
  let verdict = judgeId(profile.state.ids.recent, event);
  for (const { segment } of profile.state.ids.segments) {
    if (verdict === 'own') return verdict;
    const entries = profile.spilled.get(segment)?.get(event.id);
    if (entries === undefined) continue;
    const spilled = judgeId(entries, event);
    if (spilled !== 'unknown') verdict = spilled;
  }
  return verdict;
}

function decide(
  input: JudgeInput,
  event: Event,
  profile: ProfileState,
  watermarkMs: number | null,
): Pick<Verdict, 'decision' | 'features'> | undefined {
  const { plan, rules } = input;
  if (rules === undefined || plan.pipeline.decision?.over !== event.type) return undefined;
  // A late event is judged as of the oldest time that still counts: older tiles may be gone already.
  const oldestMs = watermarkMs === null ? event.timeMs : watermarkMs - plan.pipeline.time.allowedLatenessMs;
  const asOfMs = Math.max(event.timeMs, oldestMs);
  const features = plan.read({
    event,
    asOfMs,
    rings: profile.rings.read(),
    frontierMs: input.context.tileFrontierMs,
    tilesOf: input.tilesOf,
  });
  return { decision: rules.judge(event, features), features };
}

interface Accepting {
  readonly profile: ProfileState;
  /** What was decided by, if anything was. An event that is accepted is not late: it was judged as of its own time. */
  readonly features: FeatureValues | undefined;
}

function accept(input: JudgeInput, raw: RawEvent, event: Event, { profile, features }: Accepting): void {
  const { plan, leastMs } = input;
  profile.ids.recent.push([event.type, event.id, raw.position, event.timeMs, input.shardRef]);
  if (plan.keyFeatures.isFedBy(event.type)) {
    const rings = profile.rings.change();
    plan.keyFeatures.add(rings, event, features === undefined ? {} : { known: (name) => features[name] ?? null });
    if (leastMs !== null) plan.keyFeatures.expire(rings, leastMs - plan.pipeline.time.allowedLatenessMs);
  }
  for (const { aggregate, gapMs, fn } of plan.sessions) {
    if (aggregate.over !== event.type) continue;
    const sessions = profile.sessions.change();
    const group = groupKeyOf(aggregate, event);
    sessions[aggregate.name] ??= {};
    const groups = sessions[aggregate.name] ?? {};
    groups[group] = addToSessions(groups[group] ?? [], event, gapMs, fn);
  }
}

/** Drops from a profile what no retry and no later event can need. */
function tidy(input: JudgeInput, profile: ProfileState): void {
  const { plan, leastMs, sessionsClosedMs, shard } = input;
  for (const ancestor of shard.ancestors) {
    delete profile.hi[ancestor];
    delete profile.verdicts[ancestor];
  }
  const { allowedLatenessMs, duplicateMemoryMs } = plan.pipeline.time;
  if (leastMs !== null) forgetIds(profile.ids, leastMs - duplicateMemoryMs);
  if (sessionsClosedMs === null) return;
  for (const { aggregate, gapMs } of plan.sessions) {
    const groups = profile.sessions.read()[aggregate.name];
    let hasEmpty = false;
    for (const group in groups) {
      const sessions = groups[group] ?? [];
      const open = dropFinal(sessions, gapMs, allowedLatenessMs, sessionsClosedMs);
      if (open === sessions && open.length > 0) continue;
      profile.sessions.change();
      groups[group] = open;
      hasEmpty ||= open.length === 0;
    }
    // A new object, since one that properties were deleted from stays slow for good.
    if (hasEmpty) profile.sessions.change()[aggregate.name] = withoutEmpty(groups ?? {});
  }
}

function withoutEmpty<T>(groups: Readonly<Record<string, readonly T[]>>): Record<string, T[]> {
  const kept: Record<string, T[]> = {};
  for (const group in groups) {
    const items = groups[group];
    if (items !== undefined && items.length > 0) kept[group] = [...items];
  }
  return kept;
}
