import { percentilesOf } from '../measure/histogram.ts';
import { isValid, type LoadResult } from '../run/result.ts';

/** One latency of a run: what it spans, and its percentiles in ms; null where it says nothing. */
export interface LatencyRow {
  readonly what: string;
  readonly percentiles: ReturnType<typeof percentilesOf>;
}

/** Latencies of a run, each from the intended time on. */
export function latencyRows(result: LoadResult): LatencyRow[] {
  const { put, decision, queryable } = result;
  if (!isValid(result)) return [];
  return [
    { what: 'put → in the stream', percentiles: percentilesOf(put) },
    ...(decision === null ? [] : [{ what: 'put → decision', percentiles: percentilesOf(decision) }]),
    ...(queryable === null ? [] : [{ what: 'put → queryable', percentiles: percentilesOf(queryable) }]),
  ];
}

/** How a run was measured, in sentences. */
export function measureNotes({ decisionNote, bufferMs, queryable, reconciliation }: LoadResult): string[] {
  return [
    'All latencies count from the time at which the schedule meant the event to be sent.',
    ...(decisionNote === '' ? [] : [decisionNote]),
    ...(queryable === null
      ? []
      : ['Rows are looked for in the lake again and again, so that put → queryable is too long by one look at most.']),
    ...(bufferMs === null ? [] : [`Rows wait up to ${Math.round(bufferMs / 1000)} s before they land.`]),
    ...(reconciliation === undefined ? ['Nobody could be asked what became of the events: the target has no lake that was named.'] : []),
  ];
}

/** What is known of a run that is not valid, or that it is. */
export function verdict(result: LoadResult): string {
  if (isValid(result)) return 'The run is valid: the schedule was kept, and each event is accounted for.';
  return `The run is INVALID, and its latencies are left out: ${result.reasons.join('; ')}.`;
}
