import { type IoFault, PlannedFaults } from './faults.ts';
import { type Played, playSeed } from './schedule.ts';
import type { Swarm } from './swarm.ts';

/** Kinds of fault that are tried at each call; the others do what one of these does, to an instance that is cold or warm. */
const KINDS: readonly IoFault[] = ['refuse', 'lose', 'late', 'crash-after', 'stall'];

/** A few batches on one shard: plain and aggregated events, a label, bad data, a split in the middle. */
const SMALL_WORLD: Swarm = {
  seed: 5,
  shards: 1,
  cards: 2,
  terminals: 1,
  events: 6,
  paceMs: 2_000,
  disorderMs: 1_000,
  shares: { late: 0, ahead: 0, bad: 0.2, aggregated: 0.5, label: 0.3, huge: 0 },
  batchMax: 4,
  reshards: 1,
  closeEveryMs: 20_000,
  compactLength: 0,
  rates: new Map(),
};

/** One or two faults: at which call each. */
export type Plan = readonly (readonly [call: number, fault: IoFault])[];

/**
 * Whose calls fail in turn, and which: all of the processor's, the round of the closer in which the first windows close and are
 * cleared, the first call of the delivery of alerts and its first tick.
 */
export const ACTORS = { 'process-stream': [1, 60], 'close-windows': [67, 84], 'deliver-alerts': [1, 20] } as const;

export type ActorName = keyof typeof ACTORS;

/** Plays the small world with faults at some calls of one kind of actor. */
export async function playPlan(actor: ActorName, plan: Plan): Promise<{ readonly played: Played; readonly calls: number }> {
  const faults = new PlannedFaults(actor, new Map(plan));
  const played = await playSeed(SMALL_WORLD.seed, { faults, swarm: SMALL_WORLD });
  return { played, calls: Math.min(ACTORS[actor][1], faults.calls) };
}

/** Every schedule of one fault at each call of an actor, and of a second one at each call after it; `share` of `shares` parts of them. */
export async function playAll(
  actor: ActorName,
  part: { readonly share: number; readonly shares: number },
  onFailure: (plan: Plan, played: Played) => void,
): Promise<number> {
  const clean = await playPlan(actor, []);
  if (!clean.played.isRight) onFailure([], clean.played);
  let schedules = 0;
  for (let first = ACTORS[actor][0] + part.share; first <= clean.calls; first += part.shares) {
    for (const kind of KINDS) {
      const one = await playPlan(actor, [[first, kind]]);
      schedules += 1;
      if (!one.played.isRight) onFailure([[first, kind]], one.played);
      for (let second = first + 1; second <= one.calls; second += 1) {
        for (const other of KINDS) {
          const plan: Plan = [
            [first, kind],
            [second, other],
          ];
          const { played } = await playPlan(actor, plan);
          schedules += 1;
          if (!played.isRight) onFailure(plan, played);
        }
      }
    }
  }
  return schedules;
}
