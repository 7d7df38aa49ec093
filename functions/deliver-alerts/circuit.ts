/** State of one subscriber's circuit breaker. */
export interface CircuitState {
  /** Failures since the last success. */
  readonly failures: number;
  /** End of the rest, epoch ms; null while the circuit is closed. Past it, one probe may be sent. */
  readonly restUntilMs: number | null;
}

/** What a circuit lets through: everything, one alert to see whether the subscriber is back, or nothing. */
export type Permit = 'all' | 'probe' | 'none';

/** A circuit that has seen nothing. */
export const CLOSED: CircuitState = { failures: 0, restUntilMs: null };

/** Failures in a row that open it: each was tried several times before, so these are no accidents. */
export const FAILURES_MAX = 5;
/** First rest; it doubles with each failed probe. */
const REST_FIRST_MS = 15_000;
/** Longest rest: how late an alert may be once the subscriber is back, about. */
const REST_MAX_MS = 300_000;
/** Time that a probe takes at most; until then no other one is sent. */
const PROBE_MS = 60_000;

/** What the circuit lets through at `nowMs`. */
export function permitOf({ restUntilMs }: CircuitState, nowMs: number): Permit {
  if (restUntilMs === null) return 'all';
  return nowMs < restUntilMs ? 'none' : 'probe';
}

/** The circuit while a probe is under way. */
export function whileProbing(state: CircuitState, nowMs: number): CircuitState {
  return { ...state, restUntilMs: nowMs + PROBE_MS };
}

/** The circuit after one more failure. The rest has half to full length by chance, so that not all come back at once. */
export function afterFailure({ failures }: CircuitState, nowMs: number, random: () => number): CircuitState {
  const count = failures + 1;
  if (count < FAILURES_MAX) return { failures: count, restUntilMs: null };
  const restMs = Math.min(REST_MAX_MS, REST_FIRST_MS * 2 ** Math.min(count - FAILURES_MAX, 10));
  return { failures: count, restUntilMs: nowMs + Math.round(restMs * (0.5 + random() / 2)) };
}

/** The circuit after a rest with nothing to probe with: closed, but one failure opens it again. */
export const DOUBTFUL: CircuitState = { failures: FAILURES_MAX - 1, restUntilMs: null };
