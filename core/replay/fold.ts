import { type SliceUpdate, windowUpdatesOf } from '../fold.ts';
import type { Event } from '../model.ts';
import type { Plan } from '../plan.ts';
import type { Verdict } from '../processor.ts';
import { type KeyRing, withBases } from '../profiles/key-rings.ts';
import type { RingStates } from '../profiles/rings.ts';
import { TIMERS } from '../state/shard.ts';
import { groupKeyOf } from '../windows/groups.ts';
import { sessionResultsOf, type WindowResult } from '../windows/results.ts';
import { addToSessions, type SessionState } from '../windows/sessions.ts';
import { originOf } from './origin.ts';
import { type ArchivedRecord, parseArchived, type ReplayFault } from './record.ts';

/** Which late events an aggregate includes: those of corrections, by table. */
export type IncludesLate = (aggregate: string, event: Event, record: ArchivedRecord) => boolean;

/** What some records of a slice come to. */
export interface Folded {
  /** Verdicts as they were recorded, without decisions. */
  readonly verdicts: readonly Verdict[];
  /** What they add to the slices of windows and tiles. */
  readonly updates: readonly SliceUpdate[];
}

/**
 * Folds the archived records of some keys, with the lanes that were recorded: accepted events as the processor does, and late ones of
 * corrections into aggregates, never into tiles. All records of a key must come to one instance, each once.
 */
export class SliceFold {
  readonly faults: ReplayFault[] = [];
  private readonly plan: Plan;
  private readonly includesLate: IncludesLate;
  private readonly sessions = new Map<string, Map<string, SessionState[]>>();
  /** What labels are told by, of each key and origin; empty where nothing asks for it. */
  private readonly marks = new Map<string, RingStates>();
  private readonly marked: readonly KeyRing[];
  /** Events that aggregates have already: a late repeat of one adds nothing. */
  private readonly counted = new Set<string>();

  constructor(plan: Plan, includesLate: IncludesLate) {
    this.plan = plan;
    this.includesLate = includesLate;
    const { marks } = plan.keyFeatures;
    const hasTiles = plan.families.some(({ aggregate }) => aggregate === undefined);
    this.marked = hasTiles && marks !== undefined ? withBases([marks]) : [];
  }

  /** Folds records in stream order of each shard. Late events wait until `late`: what was accepted goes first. */
  add(records: readonly ArchivedRecord[]): Folded {
    const verdicts = records.flatMap((record) => this.verdictOf(record));
    for (const { event, lane } of verdicts) {
      if (event === undefined || lane !== 'accepted') continue;
      this.counted.add(identityOf(event));
      this.addToSessions(event);
    }
    const updates = windowUpdatesOf(this.plan, verdicts).slices.filter(({ name }) => name !== TIMERS);
    return { verdicts, updates };
  }

  /** Folds the late events of corrections, once everything was added; the first of several with one id counts. */
  late(records: readonly ArchivedRecord[]): readonly SliceUpdate[] {
    return records.flatMap((record) => {
      const parsed = parseArchived(this.plan, record);
      if (!('event' in parsed) || this.counted.has(identityOf(parsed.event))) return [];
      const { event } = parsed;
      this.counted.add(identityOf(event));
      const includes = (name: string): boolean => this.includesLate(name, event, record);
      this.addToSessions(event, includes);
      const families = this.plan.families.filter(({ aggregate }) => aggregate !== undefined && includes(aggregate.name));
      const verdict: Verdict = { raw: record.raw, lane: 'accepted', watermarkMs: record.watermarkMs, event, isFresh: true };
      return windowUpdatesOf({ ...this.plan, families, sessions: [] }, [verdict]).slices;
    });
  }

  /** Sessions of all keys, as rows of their aggregates. */
  *sessionResults(): Generator<WindowResult> {
    for (const { aggregate, gapMs, fn } of this.plan.sessions) {
      for (const [group, sessions] of this.sessions.get(aggregate.name) ?? [])
        yield* sessionResultsOf(aggregate.name, group, sessions, gapMs, fn);
    }
  }

  private verdictOf(record: ArchivedRecord): Verdict[] {
    const { raw, lane, watermarkMs, shardId } = record;
    const parsed = parseArchived(this.plan, record);
    const isEvent = 'event' in parsed;
    if (isEvent === (lane === 'quarantined')) {
      const now = isEvent ? 'an event' : parsed.rejection.code;
      this.faults.push({ shardId, position: raw.position, message: `was ${lane}, and its bytes are ${now}` });
      return [];
    }
    if (isEvent && lane === 'accepted') return [{ raw, lane, watermarkMs, isFresh: true, event: this.told(parsed.event, shardId) }];
    return [{ raw, lane, watermarkMs, isFresh: true, ...parsed }];
  }

  /** A label as it was told; any other event is remembered for those to come. */
  private told(event: Event, shardId: string): Event {
    if (this.marked.length === 0) return event;
    const { keyFeatures } = this.plan;
    const key = `${originOf(shardId)}\n${event.key}`;
    const known = this.marks.get(key);
    const states = known ?? {};
    const told = keyFeatures.told(event, () => states);
    keyFeatures.add(states, event, { to: this.marked });
    if (known === undefined) this.marks.set(key, states);
    return told;
  }

  private addToSessions(event: Event, includes: (aggregate: string) => boolean = () => true): void {
    for (const { aggregate, gapMs, fn } of this.plan.sessions) {
      if (aggregate.over !== event.type || !includes(aggregate.name)) continue;
      const groups = this.sessions.get(aggregate.name) ?? new Map<string, SessionState[]>();
      this.sessions.set(aggregate.name, groups);
      // Sessions are grouped by the partition key, among others.
      const group = groupKeyOf(aggregate, event);
      groups.set(group, addToSessions(groups.get(group) ?? [], event, gapMs, fn));
    }
  }
}

function identityOf({ type, id, key }: Event): string {
  return JSON.stringify([type, key, id]);
}
