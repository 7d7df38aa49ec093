import type { ForgetOutcome } from '../../local/erasure/folder.ts';

/** How a person waits for an erasure. */
export interface Patience {
  readonly signal: AbortSignal;
  readonly clock: () => number;
  /** Waits; ends early when the signal fires. */
  readonly pause: (ms: number) => Promise<void>;
  readonly say: (line: string) => void;
}

/** Rest between two calls at least, ms. */
const PAUSE_MIN_MS = 1_000;

/** Calls the function until the erasure is done, or the signal fires: the same command then goes on. */
export async function askUntilDone(ask: () => Promise<ForgetOutcome>, { signal, clock, pause, say }: Patience): Promise<ForgetOutcome> {
  let told = 0;
  for (;;) {
    const outcome = await ask();
    if (outcome.kind !== 'unfinished' || signal.aborted) return outcome;
    const leftMs = outcome.againMs - clock();
    if (leftMs > PAUSE_MIN_MS && outcome.againMs !== told)
      say(
        `Everything that was found is masked; rows on their way may land until ${new Date(outcome.againMs).toISOString()}. This waits and looks again; Ctrl-C leaves it, and the same command goes on.`,
      );
    told = outcome.againMs;
    await pause(Math.max(PAUSE_MIN_MS, leftMs));
    if (signal.aborted) return outcome;
  }
}
