import { type CloseRange, clearableSlices, dueTimers, dueWindows, endOfInputWatermark, sessionTarget } from '../../../core/closing.ts';
import { positionOf } from '../../../core/decode/position.ts';
import { openAfter, TIMER_MS, windowUpdatesOf } from '../../../core/fold.ts';
import type { Lane } from '../../../core/model.ts';
import { compilePlan } from '../../../core/plan.ts';
import { judgeBatch, type Profile, type Unit } from '../../../core/processor.ts';
import { encodeProfile, newProfile, parseProfile, parseSessions } from '../../../core/state/profile.ts';
import { newShard, recordedWatermark, type ShardState, TIMERS } from '../../../core/state/shard.ts';
import { sliceStartsOfWindow } from '../../../core/windows/assign.ts';
import { resultsOf, sessionResultsOf, type WindowResult } from '../../../core/windows/results.ts';
import { finalSessions } from '../../../core/windows/sessions.ts';
import { mergeSlices, type SliceState } from '../../../core/windows/slice.ts';
import { ChainStore } from './chains.ts';
import { TIMES, type Tick, ticks } from './ticks.ts';

const plan = compilePlan(ticks);
const NO_RULES = { rules: undefined, tilesOf: () => undefined };

/** The windows of the core, put together as the processor and the closer do it, with state in memory as text. */
export class WindowSystem {
  /** Length of the links of a chain before they are merged. */
  compactLength = Number.MAX_SAFE_INTEGER;
  private readonly shards: ShardState[];
  private readonly profiles = new Map<string, string>();
  private readonly chains = new ChainStore();
  private closedMs: number | null = null;
  private sessionsClosedMs: number | null = null;
  private sequence = 0;

  constructor(shards: number) {
    this.shards = Array.from({ length: shards }, () => newShard(null, []));
  }

  /** Judges a batch of one shard and folds it into windows; the lane of each event. */
  arrive(index: number, batch: readonly Tick[]): Lane[] {
    const shard = this.shardAt(index);
    const units = batch.map((tick) => this.unitOf(tick));
    const profiles = new Map(batch.map(({ owner }) => [owner, this.profileOf(owner)]));
    const context = { floorMs: shard.floorMs, tileFrontierMs: null, ruleSet: '', definition: 1 };
    const input = {
      plan,
      ...NO_RULES,
      shardRef: `shard ${index}`,
      shard,
      context,
      units,
      profiles,
      leastMs: this.closedMs,
      sessionsClosedMs: this.sessionsClosedMs,
    };
    const judged = judgeBatch(input);
    for (const [owner, { state }] of profiles) this.profiles.set(owner, encodeProfile(state));
    const { slices, lastWindowEndMs } = windowUpdatesOf(plan, judged.verdicts);
    const written = this.chains.append(index, slices, shard.open, { attempt: shard.attempts + 1, compactLength: this.compactLength });
    const ends = [shard.lastWindowEndMs, lastWindowEndMs].filter((end) => end !== null);
    this.shards[index] = {
      ...shard,
      hi: units.at(-1)?.raw.position ?? shard.hi,
      attempts: shard.attempts + 1,
      context,
      maxEventMs: judged.maxEventMs,
      counters: judged.counters,
      open: openAfter(plan, shard.open, written, this.closedMs),
      lastWindowEndMs: ends.length === 0 ? null : Math.max(...ends),
    };
    return judged.verdicts.map(({ lane }) => lane);
  }

  /** Raises the floor of a shard whose watermark is lower. */
  raise(index: number, toMs: number): void {
    const shard = this.shardAt(index);
    const watermarkMs = recordedWatermark(shard, TIMES.disorder);
    if (watermarkMs === null || watermarkMs < toMs) this.shards[index] = { ...shard, floorMs: toMs };
  }

  /** A round of the closer: rows of what became final behind the least watermark. */
  close(): WindowResult[] {
    const least = this.shards
      .map((shard) => recordedWatermark(shard, TIMES.disorder))
      .reduce((a, b) => (a === null || b === null ? null : Math.min(a, b)));
    return least === null ? [] : this.closeTo(least, false);
  }

  /** The last round: floors rise just enough to close every window. The watermark it closed at, and its rows. */
  end(): { readonly watermarkMs: number | null; readonly rows: WindowResult[] } {
    const watermarkMs = endOfInputWatermark(plan, this.shards);
    if (watermarkMs === null) return { watermarkMs, rows: [] };
    for (const index of this.shards.keys()) this.raise(index, watermarkMs);
    const least = Math.min(...this.shards.map((shard) => recordedWatermark(shard, TIMES.disorder) ?? watermarkMs));
    return { watermarkMs: least, rows: this.closeTo(least, true) };
  }

  private closeTo(toMs: number, isEndOfInput: boolean): WindowResult[] {
    // Sessions lag behind by up to a minute until the end.
    const doneMs = isEndOfInput ? this.sessionsClosedMs : this.closedMs;
    if (doneMs !== null && toMs <= doneMs) return [];
    const range = { fromMs: this.closedMs, toMs };
    const rows = dueWindows(plan, this.shards, range).flatMap((due) => {
      const window = due.family.aggregate?.window;
      const starts = window?.kind === 'hopping' ? sliceStartsOfWindow(window, due.startMs) : [due.startMs];
      const slices = starts.map((start) => mergeSlices(this.linksOf(due.family.name, start), due.family.fn));
      return resultsOf(due.family, due.startMs, mergeSlices(slices, due.family.fn));
    });
    const sessionsTo = Math.max(sessionTarget(toMs, isEndOfInput), this.sessionsClosedMs ?? Number.NEGATIVE_INFINITY);
    const sessionRange = { fromMs: this.sessionsClosedMs, toMs: sessionsTo };
    rows.push(...dueTimers(this.shards, sessionRange).flatMap((minute) => this.sessionRows(minute, sessionRange)));
    this.closedMs = toMs;
    this.sessionsClosedMs = sessionsTo;
    for (const { family, startMs } of clearableSlices(plan, this.shards, range)) this.chains.clear(family.name, startMs);
    return rows;
  }

  private sessionRows(minute: number, range: CloseRange): WindowResult[] {
    const owners = [...new Set(this.linksOf(TIMERS, minute).flatMap(({ groups }) => Object.keys(groups)))].sort();
    const fromMs = Math.max(minute, range.fromMs ?? minute);
    const toMs = Math.min(minute + TIMER_MS, range.toMs);
    return owners.flatMap((owner) => {
      const sessions = parseSessions(this.profiles.get(owner) ?? '{}\n');
      return plan.sessions.flatMap(({ aggregate, gapMs, fn }) =>
        Object.entries(sessions[aggregate.name] ?? {}).flatMap(([group, all]) =>
          sessionResultsOf(aggregate.name, group, finalSessions(all, gapMs, TIMES.lateness, fromMs, toMs), gapMs, fn),
        ),
      );
    });
  }

  private linksOf(name: string, startMs: number): SliceState[] {
    return this.shards.flatMap(({ open }, index) =>
      this.chains.read(
        index,
        name,
        open[name]?.find(([start]) => start === startMs),
      ),
    );
  }

  private shardAt(index: number): ShardState {
    const shard = this.shards[index];
    if (shard === undefined) throw new Error(`there is no shard ${index}`);
    return shard;
  }

  private profileOf(owner: string): Profile {
    const body = this.profiles.get(owner);
    return { state: body === undefined ? newProfile() : parseProfile(body), spilled: new Map() };
  }

  private unitOf({ timeMs, owner, size, delayMs }: Tick): Unit {
    this.sequence += 1;
    const sequence = String(this.sequence);
    const id = `tick ${sequence}`;
    const event = { type: 'tick', id, timeMs, key: owner, values: { event_id: id, event_time: timeMs, owner, size } };
    const arrivalMs = timeMs + delayMs;
    const raw = { position: positionOf(sequence, 0), sequence, subSequence: 0, arrivalMs, partitionKey: owner, bytes: Buffer.alloc(0) };
    return { raw, parsed: { event } };
  }
}
