import { parentPort, workerData } from 'node:worker_threads';
import type { ActorName } from './exhaustive.ts';
import type { Limits } from './limits.ts';
import { MUTANTS, SMALL_LIMITS } from './mutants.ts';
import { applyPatches } from './patch.ts';

/** What a worker is told at its start. */
export interface WorkerData {
  /** Name of a planted bug, if any. */
  readonly mutant: string | undefined;
  /** Plays worlds of the kind where that bug shows, without the bug. */
  readonly isHealthy?: boolean;
  /** Constants so small that a short schedule passes them. */
  readonly isSmall: boolean;
}

/** One piece of work: a seed, or a part of the exhaustive schedules. */
export type Order =
  | { readonly seed: number; readonly limits: Limits }
  | { readonly actor: ActorName; readonly share: number; readonly shares: number };

const { mutant: name, isHealthy = false, isSmall } = workerData as WorkerData;
const named = MUTANTS.find((one) => one.name === name);
const mutant = isHealthy ? undefined : named;
if (name !== undefined && named === undefined) throw new Error(`there is no mutant ${name}`);
applyPatches([...(isSmall ? SMALL_LIMITS : []), ...(mutant?.patches ?? [])]);
// Only now: what is loaded from here on is patched.
const { playSeed } = await import('./schedule.ts');
const { playAll } = await import('./exhaustive.ts');
const { swarmOf } = await import('./swarm.ts');

async function work(order: Order): Promise<object> {
  if ('seed' in order) {
    const world = named?.worldOf === undefined ? {} : { swarm: named.worldOf(swarmOf(order.seed)) };
    return playSeed(order.seed, { limits: order.limits, switches: mutant?.switches ?? {}, ...world });
  }
  const failures: object[] = [];
  const schedules = await playAll(order.actor, order, (plan, { verdict }) => failures.push({ plan, verdict }));
  return { schedules, failures };
}

parentPort?.on('message', (order: Order) => {
  work(order).then(
    (result) => parentPort?.postMessage(result),
    // A bug may also end in an exception that nobody expects.
    (error: unknown) => parentPort?.postMessage({ crash: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
