import { refuseCardNumbers } from '../cards/guard.ts';
import type { Parsed, Position, RawEvent } from '../model.ts';
import type { Plan } from '../plan.ts';
import { judgeBatch, type Profile, type Unit, type Verdict } from '../processor.ts';
import { tileFrontierOf } from '../state/closer.ts';
import { newProfile } from '../state/profile.ts';
import { type Context, type Counters, newShard, type ShardState } from '../state/shard.ts';
import { floorTo } from '../time/tiles.ts';
import { observe, type ShardClock, watermarkOf } from '../time/watermark.ts';
import { parseArchived } from './record.ts';

/** Keys in memory at which those that remember nothing any more are looked for. */
const KEYS_MAX = 20_000;

/** One record of a file, in the order of event time. */
export interface LoadedUnit extends Unit {
  /** Whether another record of the load has the same identity: no other one can be a duplicate. */
  readonly isRepeated: boolean;
}

/** Records of a load that were judged under one context. */
export interface LoadedBatch {
  readonly context: Context;
  readonly isContextNew: boolean;
  readonly verdicts: readonly Verdict[];
}

/** What a record of a file is, and what is kept of it: a card number is masked. It is read again in the same way when it is replayed. */
export function parseLoaded(plan: Plan, raw: RawEvent): { readonly raw: RawEvent; readonly parsed: Parsed } {
  const event = plan.parsePlain(raw);
  if (event !== undefined) return { raw, parsed: { event } };
  const refused = refuseCardNumbers(raw);
  if (refused !== undefined) return { raw: refused.raw, parsed: { rejection: refused.rejection } };
  const parsed = plan.parseOther(raw);
  if ('event' in parsed) return { raw, parsed };
  return { raw, parsed: parseArchived(plan, { shardId: '', raw, lane: 'quarantined', watermarkMs: null, context: undefined }) };
}

/**
 * Gives the records of a load the lanes and watermarks that the processor gives to records which come in this order on one shard, and the
 * contexts that it has where windows close at each tile. Nothing is decided: nobody was there to decide. Of what was accepted it
 * remembers only events that come again, as long as the pipeline remembers them.
 */
export class LoadJudge {
  readonly counters: Counters = { seen: 0, accepted: 0, late: 0, duplicate: 0, quarantined: 0, misrouted: 0 };
  /** Watermark behind the last record, epoch ms. */
  watermarkMs: number | null = null;
  hi: Position | null = null;
  private readonly plan: Plan;
  private readonly shardId: string;
  private readonly profiles = new Map<string, Profile>();
  private readonly keysMax: number;
  private sweptAt: number;
  private clock: ShardClock = { maxEventMs: null, floorMs: null };
  private context: Context | undefined;

  constructor(plan: Plan, shardId: string, { keysMax = KEYS_MAX }: { readonly keysMax?: number } = {}) {
    this.keysMax = keysMax;
    this.sweptAt = keysMax;
    this.plan = plainOf(plan);
    this.shardId = shardId;
  }

  /** Judges the next records. */
  judge(units: readonly LoadedUnit[]): LoadedBatch[] {
    const batches: { context: Context; isContextNew: boolean; units: LoadedUnit[] }[] = [];
    for (const unit of units) {
      const { watermarkMs, context } = this.observe(unit);
      const isContextNew = context !== this.context;
      const last = batches.at(-1);
      const judged = { ...unit, recorded: { watermarkMs } };
      if (last === undefined || isContextNew) batches.push({ context, isContextNew, units: [judged] });
      else last.units.push(judged);
      this.context = context;
    }
    return batches.map(({ context, isContextNew, units: some }) => ({ context, isContextNew, verdicts: this.verdictsOf(some, context) }));
  }

  private observe({ raw, parsed }: LoadedUnit): { readonly watermarkMs: number | null; readonly context: Context } {
    const { outOfOrdernessMs } = this.plan.pipeline.time;
    if ('event' in parsed) this.clock = observe(this.clock, parsed.event.timeMs, raw.arrivalMs);
    this.watermarkMs = watermarkOf(this.clock, outOfOrdernessMs);
    return { watermarkMs: this.watermarkMs, context: this.contextNow() };
  }

  /** At the first record of a tile all windows are closed that can be: whatever lies before the tile has been seen. */
  private contextNow(): Context {
    const { tileMs, pipeline } = this.plan;
    const { outOfOrdernessMs, allowedLatenessMs } = pipeline.time;
    const { maxEventMs } = this.clock;
    const isKnown = tileMs !== null && maxEventMs !== null;
    const closedMs = isKnown ? floorTo(maxEventMs, tileMs) - outOfOrdernessMs : null;
    const tileFrontierMs = tileMs === null ? null : tileFrontierOf(closedMs, allowedLatenessMs, tileMs);
    if (this.context?.tileFrontierMs === tileFrontierMs) return this.context;
    return { floorMs: null, tileFrontierMs, ruleSet: '', definition: pipeline.version };
  }

  private verdictsOf(units: readonly LoadedUnit[], context: Context): Verdict[] {
    const shard: ShardState = { ...newShard(null, []), hi: this.hi };
    const leastMs = units[0]?.recorded?.watermarkMs ?? null;
    const judged = (some: readonly LoadedUnit[], profiles: Map<string, Profile>): readonly Verdict[] => {
      for (const { parsed } of some) if ('event' in parsed) load(profiles, parsed.event.key);
      return judgeBatch({
        plan: this.plan,
        rules: undefined,
        shardRef: this.shardId,
        shard,
        context,
        units: some,
        profiles,
        tilesOf: () => undefined,
        leastMs,
        sessionsClosedMs: null,
      }).verdicts;
    };
    const repeated = judged(units.filter(isRepeated), this.profiles).values();
    const single = judged(
      units.filter((unit) => !unit.isRepeated),
      new Map(),
    ).values();
    const verdicts = units.map((unit) => verdictOf((unit.isRepeated ? repeated : single).next()));
    for (const { lane } of verdicts) this.counters[lane] += 1;
    this.counters.seen += verdicts.length;
    this.hi = verdicts.at(-1)?.raw.position ?? this.hi;
    if (leastMs !== null) this.sweep(leastMs - this.plan.pipeline.time.duplicateMemoryMs);
    return verdicts;
  }

  /** Lets go of keys whose events are forgotten by now. */
  private sweep(horizonMs: number): void {
    if (this.profiles.size < this.sweptAt) return;
    for (const [key, { state }] of this.profiles) {
      if (state.ids.recent.every(([, , , timeMs]) => timeMs < horizonMs)) this.profiles.delete(key);
    }
    this.sweptAt = Math.max(this.keysMax, 2 * this.profiles.size);
  }
}

const isRepeated = (unit: LoadedUnit): boolean => unit.isRepeated;

function load(profiles: Map<string, Profile>, key: string): void {
  if (!profiles.has(key)) profiles.set(key, { state: newProfile(), spilled: new Map() });
}

function verdictOf({ value }: IteratorResult<Verdict, unknown>): Verdict {
  return value as Verdict;
}

/** The pipeline without what needs more of an event than its identity and time. */
function plainOf(plan: Plan): Plan {
  return {
    ...plan,
    pipeline: { ...plan.pipeline, decision: undefined },
    families: [],
    sessions: [],
    keyFeatures: { ...plan.keyFeatures, isFedBy: () => false },
  };
}
