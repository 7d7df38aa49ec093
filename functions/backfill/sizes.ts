import { BackfillError } from './errors.ts';
import type { Span } from './plan-record.ts';
import type { Speed } from './speed.ts';
import { FUNCTION_TIMEOUT_S } from './workflow/retries.ts';

/** How much one call of a step takes on at most. */
export interface StepSizes {
  /** Records of a slice of keys: what one process folds and judges within its memory. */
  readonly sliceEvents: number;
  /** Slices of a backfill. */
  readonly slicesMax: number;
  /** Records whose windows are merged in one go. */
  readonly mergeEvents: number;
  /** Records whose rows lie together: a comparison opens all files of a band, which have to fit into its scratch folder. */
  readonly bandEvents: number;
  /** Records whose rows are compared in one go. */
  readonly partEvents: number;
}

/** Sizes that keep a step below a gigabyte of memory and well within its time. */
export const STEP_SIZES: StepSizes = {
  sliceEvents: 50_000,
  // The hash that cuts them has four hexadecimal digits.
  slicesMax: 4_096,
  mergeEvents: 60_000,
  bandEvents: 5_000_000,
  partEvents: 250_000,
};

/** Share of the time of a call that a slice may take: machines are not equally fast. */
const TIME_SHARE = 0.25;

/** Slices of keys that so many records are cut into, by what fits into memory and, as fast as it went so far, into the time of a call. */
export function slicesOf(events: number, { sliceEvents }: StepSizes, { cpuUs }: Speed): number {
  const inTime = Math.floor((FUNCTION_TIMEOUT_S * 1e6 * TIME_SHARE) / cpuUs);
  return Math.max(1, Math.ceil(events / Math.max(1, Math.min(sliceEvents, inTime))));
}

/** Throws BackfillError RANGE_TOO_LARGE with what would fit; `read` is the range with its history. */
export function assertFits(
  slices: number,
  { slicesMax }: StepSizes,
  { events, range, read }: { readonly events: number; readonly range: Span; readonly read: Span },
): void {
  if (slices <= slicesMax) return;
  const historyMs = range.fromMs - read.fromMs;
  const fitMs = Math.floor(((read.toMs - read.fromMs) * slicesMax) / slices / HOUR_MS) * HOUR_MS - historyMs;
  const fitting =
    fitMs >= HOUR_MS
      ? `About up to --to ${new Date(range.fromMs + fitMs).toISOString().slice(0, 16)}Z would fit, and the rest after it.`
      : 'Its history alone does not: leave decisions and alerts out with --tables, for they need the most.';
  throw new BackfillError(
    'RANGE_TOO_LARGE',
    `${events} records would be cut into ${slices} slices of keys, and one backfill has ${slicesMax} at most. ${fitting}`,
  );
}

const HOUR_MS = 3_600_000;
