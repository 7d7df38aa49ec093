import { floorTo } from '../time/tiles.ts';

/** What the closer has seen of one shard, to tell idleness by its own clock. */
export interface ShardWatch {
  readonly hi: string | null;
  readonly sinceMs: number;
}

/** State of the closer, one per stream. */
export interface CloserState {
  readonly schema: 1;
  /** Every window strictly behind this watermark (end + allowed lateness) has been emitted; null before the first close. */
  readonly closedMs: number | null;
  /** Every such window's parts have been cleared away up to this watermark. */
  readonly clearedMs: number | null;
  /** Every session with last + gap + allowed lateness before this has been emitted; profiles drop them. */
  readonly sessionsClosedMs: number | null;
  /** Windows emitted so far, one for each (aggregate, window, group). */
  readonly windowsClosed: number;
  readonly watch: Readonly<Record<string, ShardWatch>>;
  /** Processing time of the newest round. */
  readonly lastRoundMs: number | null;
}

/** The closer's state with the version of its item. */
export interface OpenedCloser {
  readonly state: CloserState;
  readonly version: number;
}

/** The closer before its first round. */
export const NEW_CLOSER: CloserState = {
  schema: 1,
  closedMs: null,
  clearedMs: null,
  sessionsClosedMs: null,
  windowsClosed: 0,
  watch: {},
  lastRoundMs: null,
};

/** Reads the closer's stored item; a fresh state where there is none. */
export function parseCloser(body: string | undefined): CloserState {
  return body === undefined ? NEW_CLOSER : (JSON.parse(body) as CloserState);
}

/** End of the newest closed tile of width `tileMs`: tiles ending at or before it are final; null before the first close. */
export function tileFrontierOf(closedMs: number | null, allowedLatenessMs: number, tileMs: number): number | null {
  return closedMs === null ? null : floorTo(closedMs - allowedLatenessMs - 1, tileMs);
}
