import type { Event, Lane } from '../model.ts';
import type { Plan } from '../plan.ts';
import { judgeBatch, type Profile, type Unit, type Verdict } from '../processor.ts';
import type { KeyTiles } from '../profiles/tiles.ts';
import type { RuleSet } from '../rules/compile.ts';
import { newProfile } from '../state/profile.ts';
import { type Context, newShard, type ShardState } from '../state/shard.ts';
import { type ArchivedRecord, parseArchived, type ReplayFault } from './record.ts';

/** A record that is to be judged again. */
export interface ReplayUnit {
  readonly record: ArchivedRecord;
  readonly event: Event;
  /** Least watermark of this record and all after it in the slice, epoch ms: nobody looks further back than it says. */
  readonly leastMs: number | null;
}

/** What a replay judges with. */
export interface JudgeSliceOptions {
  readonly plan: Plan;
  /** The rule set of a version. */
  readonly rulesOf: (version: string) => RuleSet;
  /** Version to judge by in the place of the recorded one. */
  readonly rulesVersion?: string;
  readonly tilesOf: (ringId: string, key: string) => KeyTiles | undefined;
  /** Keys that several shards had at the same time: in which order is not on record. */
  readonly contested: ReadonlySet<string>;
}

/** Verdicts of a replay under one context of one shard. */
export interface Rejudged {
  readonly shardId: string;
  readonly context: Context;
  readonly verdicts: readonly Verdict[];
}

/**
 * Judges the events of some keys again, in stream order, through the processor itself: from their recorded watermarks and contexts. Lanes
 * that come out otherwise than recorded are faults, but for records while profiles are still warming up: the caller says which.
 */
export class SliceJudge {
  readonly faults: ReplayFault[] = [];
  private readonly options: JudgeSliceOptions;
  private readonly profiles = new Map<string, Profile>();
  private readonly shards = new Map<string, ShardState>();

  constructor(options: JudgeSliceOptions) {
    this.options = options;
  }

  /** Judges the next records of the slice; `isCompared` says for which the lane must be as recorded. */
  judge(units: readonly ReplayUnit[], isCompared: (unit: ReplayUnit) => boolean): Rejudged[] {
    const judged: Rejudged[] = [];
    for (let at = 0; at < units.length; ) {
      const first = units[at];
      let end = at + 1;
      while (end < units.length && isSameBatch(first, units[end])) end += 1;
      const run = units.slice(at, end);
      if (first?.record.context !== undefined) {
        const batch = this.judgeRun(run, first.record.shardId, first.record.context);
        judged.push(batch);
        for (const [i, verdict] of batch.verdicts.entries()) this.compare(run[i], verdict.lane, isCompared);
      }
      at = end;
    }
    return judged;
  }

  private judgeRun(run: readonly ReplayUnit[], shardId: string, context: Context): Rejudged {
    const { plan, rulesOf, rulesVersion, tilesOf, contested } = this.options;
    const ruleSet = rulesVersion ?? context.ruleSet;
    const shard = this.shards.get(shardId) ?? newShard(null, []);
    for (const { event } of run) this.load(event.key);
    const leastMs = run[0]?.leastMs ?? null;
    const { verdicts } = judgeBatch({
      plan,
      rules: plan.pipeline.decision === undefined ? undefined : rulesOf(ruleSet),
      shardRef: shardId,
      shard,
      context,
      units: run.map(({ record, event }): Unit => {
        const { raw, watermarkMs, lane } = record;
        return { raw, parsed: { event }, recorded: contested.has(event.key) ? { watermarkMs, lane } : { watermarkMs } };
      }),
      profiles: this.profiles,
      tilesOf,
      leastMs,
      sessionsClosedMs: leastMs,
    });
    this.shards.set(shardId, { ...shard, hi: run.at(-1)?.record.raw.position ?? shard.hi });
    return { shardId, context: { ...context, ruleSet }, verdicts };
  }

  private load(key: string): void {
    if (!this.profiles.has(key)) this.profiles.set(key, { state: newProfile(), spilled: new Map() });
  }

  private compare(unit: ReplayUnit | undefined, lane: Lane, isCompared: (unit: ReplayUnit) => boolean): void {
    if (unit === undefined || lane === unit.record.lane || !isCompared(unit)) return;
    const { shardId, raw } = unit.record;
    this.faults.push({ shardId, position: raw.position, message: `was ${unit.record.lane}, and is ${lane} when it is judged again` });
  }
}

function isSameBatch(a: ReplayUnit | undefined, b: ReplayUnit | undefined): boolean {
  return a !== undefined && b !== undefined && a.record.shardId === b.record.shardId && a.record.context === b.record.context;
}

/** Events among archived records, each with the least watermark from it on; quarantined ones change nothing. */
export function replayUnits(plan: Plan, records: readonly ArchivedRecord[]): ReplayUnit[] {
  const units: ReplayUnit[] = [];
  let leastMs: number | null = Number.POSITIVE_INFINITY;
  for (const record of records.toReversed()) {
    leastMs = record.watermarkMs === null || leastMs === null ? null : Math.min(leastMs, record.watermarkMs);
    const parsed = record.lane === 'quarantined' ? undefined : parseArchived(plan, record);
    if (parsed !== undefined && 'event' in parsed) units.push({ record, event: parsed.event, leastMs });
  }
  return units.reverse();
}

/** Keys whose records several shards had by turns: one shard, another one, and the first again. */
export function contestedKeys(units: readonly ReplayUnit[]): Set<string> {
  const seen = new Map<string, { readonly shards: Set<string>; last: string }>();
  const contested = new Set<string>();
  for (const { event, record } of units) {
    const known = seen.get(event.key);
    if (known === undefined) seen.set(event.key, { shards: new Set([record.shardId]), last: record.shardId });
    else if (known.last !== record.shardId) {
      if (known.shards.has(record.shardId)) contested.add(event.key);
      known.shards.add(record.shardId);
      known.last = record.shardId;
    }
  }
  return contested;
}
