import { writeErr } from './output.ts';

/** Package managers pass on a Ctrl-C that the terminal has sent to everyone already: what comes this soon is the same one, ms. */
const SAME_STOP_MS = 1_000;

/** Exit code of a process ended by Ctrl-C. */
const INTERRUPTED = 130;

/** Fires at the first Ctrl-C or SIGTERM, so that a command can drain; a later one ends the process at once. */
export function stopSignal(): AbortSignal {
  stop ??= listen();
  return stop;
}

/** Of the whole process: a signal is meant for everything that it does. */
let stop: AbortSignal | undefined;

function listen(): AbortSignal {
  const abort = new AbortController();
  let firstMs: number | undefined;
  const onSignal = (): void => {
    const now = Date.now();
    firstMs ??= now;
    abort.abort();
    if (now - firstMs < SAME_STOP_MS) return;
    writeErr('Stopped without draining; the next start goes on from what is on disk.\n');
    process.exit(INTERRUPTED);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  return abort.signal;
}

/** Resolves when the signal fires. */
export function whenStopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
