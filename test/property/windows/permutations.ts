import fc from 'fast-check';
import { modelRowOf, SHARDS } from './commands.ts';
import { WindowSystem } from './system.ts';
import { TIMES, type Tick } from './ticks.ts';

const BASE_MS = Date.UTC(2026, 0, 5, 10);
const SPAN_MS = 900_000;
/** An event that comes this much behind the newest one of its shard is just not late. */
const BEHIND_MS_MAX = TIMES.disorder + TIMES.lateness;

/** One event on its way: its shard, how far others may overtake it, and whether the closer comes round behind it. */
interface Sent {
  readonly tick: Tick;
  readonly shard: number;
  readonly behindMs: number;
  readonly closes: boolean;
}

/** Events of one run; arriving in order of time plus `behindMs`, none of them is late. */
export const sentArbitrary: fc.Arbitrary<Sent[]> = fc.array(
  fc.record({
    tick: fc.record({
      timeMs: fc
        .oneof(
          fc.nat({ max: SPAN_MS / 30_000 }).map((edge) => edge * 30_000),
          fc.nat({ max: SPAN_MS }),
        )
        .map((ms) => BASE_MS + ms),
      owner: fc.constantFrom('ada', 'bob'),
      size: fc.integer({ min: -50, max: 50 }),
      delayMs: fc.constant(50),
    }),
    shard: fc.nat({ max: SHARDS - 1 }),
    behindMs: fc.oneof(fc.constantFrom(0, BEHIND_MS_MAX), fc.nat({ max: BEHIND_MS_MAX })),
    closes: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
);

/** Rows of a run in which events arrive one by one in the order of their list, sorted; throws if one is late. */
export function rowsOf(all: readonly Sent[]): string[] {
  const system = new WindowSystem(SHARDS);
  const rows = all.flatMap(({ tick, shard, closes }) => {
    const [lane] = system.arrive(shard, [tick]);
    if (lane !== 'accepted') throw new Error(`${JSON.stringify(tick)} is ${lane}`);
    return closes ? system.close() : [];
  });
  return [...rows, ...system.end().rows].map((row) => String(modelRowOf(row))).sort();
}

/** The events in order of time. */
export function inOrder(all: readonly Sent[]): Sent[] {
  return [...all].sort((a, b) => a.tick.timeMs - b.tick.timeMs);
}

/** The events as late as they may come. */
export function outOfOrder(all: readonly Sent[]): Sent[] {
  return [...all].sort((a, b) => a.tick.timeMs + a.behindMs - b.tick.timeMs - b.behindMs);
}
