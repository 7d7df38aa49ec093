import { Worker } from 'node:worker_threads';
import { type Limits, NO_LIMITS } from './limits.ts';
import type { Played } from './schedule.ts';
import type { Order, WorkerData } from './worker.ts';

/** A schedule that ended in an exception. */
export interface Crashed {
  readonly seed: number;
  readonly isRight: false;
  readonly crash: string;
}

export type Outcome = Played | Crashed;

/** One thread that plays schedules, one at a time. */
export class Player {
  private readonly worker: Worker;

  constructor(data: WorkerData) {
    this.worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: data });
    this.worker.setMaxListeners(0);
  }

  /** Plays one schedule. */
  async play(seed: number, limits: Limits = NO_LIMITS): Promise<Outcome> {
    const result = await this.ask<Played | { readonly crash: string }>({ seed, limits });
    return 'crash' in result ? { seed, isRight: false, crash: result.crash } : result;
  }

  /** Has one piece of work done. Rejects if the thread ends. */
  ask<T>(order: Order): Promise<T> {
    return new Promise((resolve, reject) => {
      const done = (result: T): void => {
        this.worker.off('error', reject);
        resolve(result);
      };
      this.worker.once('message', done);
      this.worker.once('error', reject);
      this.worker.postMessage(order);
    });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}

/** Odd seeds are played with constants so small that a schedule passes them, even ones as shipped. */
export function isSmallSeed(seed: number): boolean {
  return seed % 2 === 1;
}

/**
 * Plays seeds from `first` on, `count` of them, on two threads: one for each set of constants. `hear` is told of each, and may end it
 * by answering false.
 */
export async function playSeeds(
  range: { readonly first: number; readonly count: number; readonly mutant?: string; readonly isHealthy?: boolean },
  hear: (outcome: Outcome) => boolean,
): Promise<void> {
  let goesOn = true;
  const half = async (isSmall: boolean): Promise<void> => {
    const player = new Player({ mutant: range.mutant, isHealthy: range.isHealthy ?? false, isSmall });
    try {
      for (let seed = range.first; seed < range.first + range.count && goesOn; seed += 1) {
        if (isSmallSeed(seed) === isSmall) goesOn = hear(await player.play(seed)) && goesOn;
      }
    } finally {
      await player.close();
    }
  };
  await Promise.all([half(false), half(true)]);
}
