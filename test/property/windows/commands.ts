import fc from 'fast-check';
import type { WindowResult } from '../../../core/windows/results.ts';
import type { ModelRow, WindowModel } from './model.ts';
import type { WindowSystem } from './system.ts';
import { TIMES, type Tick } from './ticks.ts';

/** Shards of a run. */
export const SHARDS = 2;

const BASE_MS = Date.UTC(2026, 0, 5, 10);
/** Edges of windows, gaps, lateness and disorder all lie on half minutes. */
const EDGE_MS = 30_000;
const EDGES = 24;

/** An event as commands have it: at a place in time, or so far from the watermark of its shard when it arrives. */
interface Draft extends Tick {
  readonly isFromWatermark: boolean;
}

/** Both sides of a run: what was told, and what the model knows. */
export interface Side {
  readonly model: WindowModel;
  readonly told: ModelRow[];
  /** Late events so far. */
  late: number;
}

type Command = fc.Command<Side, WindowSystem>;

/** A row of the core in the form of the model. */
export function modelRowOf({ aggregate, groupKey, startMs, endMs, durationMs, values }: WindowResult): ModelRow {
  const { count, sum, min, max } = values;
  return [aggregate, groupKey, startMs, endMs, Number(count), Number(sum), Number(min), Number(max), durationMs ?? 0];
}

/** Throws unless the law holds. */
export function ensure(holds: boolean, law: string, about: unknown): void {
  if (!holds) throw new Error(`${law}: ${JSON.stringify(about)}`);
}

/** Takes the rows of a round: each new, final at `watermarkMs`, and equal to what the model has now. */
export function tell({ model, told }: Side, rows: readonly ModelRow[], watermarkMs: number | null): void {
  const known = new Set(model.rows().map(String));
  const placeOf = ([table, group, startMs]: ModelRow): string => `${table} ${group} ${startMs}`;
  const places = new Set(told.map(placeOf));
  for (const row of rows) {
    ensure(!places.has(placeOf(row)), 'a window is emitted once', row);
    ensure(watermarkMs !== null && row[3] + TIMES.lateness < watermarkMs, 'a window is emitted behind the least watermark', row);
    ensure(known.has(String(row)), 'an emitted window is what the model has', row);
    places.add(placeOf(row));
    told.push(row);
  }
}

/** Whether a window must have been emitted at a watermark: sessions may take a minute more. */
function isOverdue([table, , , endMs]: ModelRow, watermarkMs: number | null): boolean {
  return watermarkMs !== null && endMs + TIMES.lateness + (table === 'runs' ? TIMES.minute : 0) < watermarkMs;
}

/** An event whose time is final: drafts from the watermark lie from two minutes before it to two minutes after it. */
function placed({ isFromWatermark, timeMs, ...rest }: Draft, watermarkMs: number | null): Tick {
  if (!isFromWatermark || watermarkMs === null) return { ...rest, timeMs };
  return { ...rest, timeMs: watermarkMs + ((timeMs - BASE_MS) % (8 * EDGE_MS)) - 4 * EDGE_MS };
}

class Arrive implements Command {
  private readonly shard: number;
  private readonly drafts: readonly Draft[];

  constructor(shard: number, drafts: readonly Draft[]) {
    this.shard = shard;
    this.drafts = drafts;
  }

  check(): boolean {
    return true;
  }

  run(side: Side, system: WindowSystem): void {
    const { model, told } = side;
    const batch = this.drafts.map((draft) => placed(draft, model.watermarks[this.shard] ?? null));
    const lanes = system.arrive(this.shard, batch);
    for (const [i, tick] of batch.entries()) {
      const isAccepted = model.arrive(this.shard, tick);
      if (!isAccepted) side.late += 1;
      ensure(lanes[i] === (isAccepted ? 'accepted' : 'late'), `an event is ${isAccepted ? 'accepted' : 'late'}`, tick);
      const met = told.find(([, group, startMs, endMs]) => {
        const isGroup = group === '[]' || group === `["${tick.owner}"]`;
        return isAccepted && isGroup && startMs <= tick.timeMs && tick.timeMs < endMs;
      });
      ensure(met === undefined, 'an accepted event meets no closed window', { tick, met });
    }
  }

  toString(): string {
    return `arrive(${this.shard}, ${JSON.stringify(this.drafts)})`;
  }
}

/** The floor of a shard rises to a time, or, if it is idle, to the watermark of the one ahead. */
class Raise implements Command {
  private readonly shard: number;
  private readonly toMs: number | undefined;

  constructor(shard: number, toMs: number | undefined) {
    this.shard = shard;
    this.toMs = toMs;
  }

  check({ model }: Side): boolean {
    return this.toMs !== undefined || model.watermarks.some((one) => one !== null);
  }

  run({ model }: Side, system: WindowSystem): void {
    const toMs = this.toMs ?? Math.max(...model.watermarks.map((one) => one ?? Number.NEGATIVE_INFINITY));
    model.raise(this.shard, toMs);
    system.raise(this.shard, toMs);
  }

  toString(): string {
    return `raise(${this.shard}, ${this.toMs ?? 'idle'})`;
  }
}

/** From now on chains are merged at this length. */
class MergeAt implements Command {
  private readonly length: number;

  constructor(length: number) {
    this.length = length;
  }

  check(): boolean {
    return true;
  }

  run(_side: Side, system: WindowSystem): void {
    system.compactLength = this.length;
  }

  toString(): string {
    return `mergeAt(${this.length})`;
  }
}

class Close implements Command {
  check(): boolean {
    return true;
  }

  run(side: Side, system: WindowSystem): void {
    const watermarkMs = side.model.least();
    tell(side, system.close().map(modelRowOf), watermarkMs);
    const done = new Set(side.told.map(String));
    const missed = side.model.rows().find((row) => isOverdue(row, watermarkMs) && !done.has(String(row)));
    ensure(missed === undefined, 'a final window is emitted', missed);
  }

  toString(): string {
    return 'close()';
  }
}

const offset = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(-1, 0, 1) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: EDGE_MS }) },
);
const time = fc.tuple(fc.nat({ max: EDGES }), offset).map(([edge, more]) => BASE_MS + edge * EDGE_MS + more);
// Exactly five minutes ahead of its arrival an event still moves the watermark, one millisecond more and it does not.
const delayMs = fc.oneof({ weight: 6, arbitrary: fc.constant(50) }, { weight: 1, arbitrary: fc.constantFrom(-300_000, -300_001) });

const draft: fc.Arbitrary<Draft> = fc.record({
  timeMs: time,
  owner: fc.constantFrom('ada', 'bob'),
  size: fc.integer({ min: -50, max: 50 }),
  delayMs,
  isFromWatermark: fc.boolean(),
});

const shard = fc.nat({ max: SHARDS - 1 });
const arrive = fc.tuple(shard, fc.array(draft, { minLength: 1, maxLength: 4 })).map(([to, batch]) => new Arrive(to, batch));

/** Commands in any order: batches of events, floors, idle shards, merges of chains, rounds of the closer. */
export const commandsArbitrary = fc.commands<Side, WindowSystem>(
  [
    arrive,
    arrive,
    fc.tuple(shard, time).map(([of, toMs]) => new Raise(of, toMs)),
    shard.map((of) => new Raise(of, undefined)),
    fc.constantFrom(0, Number.MAX_SAFE_INTEGER).map((length) => new MergeAt(length)),
    fc.constant(undefined).map(() => new Close()),
  ],
  { maxCommands: 30, size: 'max' },
);
