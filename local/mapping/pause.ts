import { setTimeout as sleep } from 'node:timers/promises';

/** Waits `ms`, or less when the signal fires. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Waits for `change`, at most `ms`, or less when the signal fires. */
export async function pauseUntil(change: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
  const done = new AbortController();
  try {
    await Promise.race([change, pause(ms, AbortSignal.any([signal, done.signal]))]);
  } finally {
    done.abort();
  }
}

/** How failed calls are spaced. */
export interface Backoff {
  /** Greatest wait after the first failure. */
  readonly firstMs: number;
  /** Greatest wait ever. */
  readonly maxMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Wait before attempt number `failures` + 1: exponential up to the cap, the upper half of it random so that shards spread out. */
export function backoffMs(failures: number, backoff: Backoff): number {
  const ceiling = Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(failures - 1, 30));
  return ceiling / 2 + (backoff.random() * ceiling) / 2;
}
