import { type Fault, faultsOf } from './faults.ts';
import { isRight, judge, type ScheduleVerdict } from './verdict.ts';
import { World, type WorldOptions } from './world.ts';

/** One schedule that was played. */
export interface Played {
  readonly seed: number;
  /** User records on the stream. */
  readonly events: number;
  readonly faults: number;
  readonly counts: Readonly<Partial<Record<Fault, number>>>;
  readonly verdict: ScheduleVerdict;
  readonly isRight: boolean;
  readonly steps: number;
}

/** Plays the schedule of a seed, or a part of it, and judges what came of it. */
export async function playSeed(seed: number, options: WorldOptions = {}): Promise<Played> {
  const world = new World(seed, options);
  await world.play();
  const verdict = judge(world);
  return {
    seed,
    events: world.stream.shards.reduce((sum, { records }) => sum + records.reduce((all, { units }) => all + units.length, 0), 0),
    faults: faultsOf(world.faults.counts),
    counts: Object.fromEntries(world.faults.counts),
    verdict,
    isRight: isRight(verdict),
    steps: world.time.steps,
  };
}
