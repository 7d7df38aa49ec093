import type { LakeSpec } from '../../core/definition/retention.ts';
import { usageError } from '../../core/errors.ts';
import { parseTime } from '../../core/events/timestamp.ts';

import type { Past } from './source.ts';

/** Flags that say which past is asked for. */
export interface PastFlags {
  readonly 'as-of': string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly 'max-mb': number;
  readonly stack: string | undefined;
}

const MIB = 2 ** 20;
const DAY_MS = 86_400_000;

/**
 * The moment (epoch ms) that `--as-of` names: RFC 3339 in UTC, not in the future, and no longer ago than replaced generations are kept,
 * before which the lake could only show a part. Throws UsageError.
 */
export function momentOf(text: string, { generationsDays }: LakeSpec, nowMs: number): number {
  const at = parseTime(text);
  const horizonMs = nowMs - generationsDays * DAY_MS;
  const allowed = `a time in UTC such as ${new Date(nowMs).toISOString()}, at most that, and at least ${new Date(horizonMs).toISOString()}: replaced generations are kept for ${generationsDays} days`;
  if (typeof at === 'string' || at > nowMs || at < horizonMs) throw usageError('--as-of', text, allowed);
  return at;
}

/** The past that the flags of a query ask for; undefined without `--as-of`. Throws UsageError. */
export function pastOf(flags: PastFlags, lake: LakeSpec, nowMs: number): Past | undefined {
  const { 'as-of': asOf, from, to, stack } = flags;
  const isSpan = from !== undefined || to !== undefined;
  if (isSpan && (asOf === undefined || stack === undefined))
    throw usageError('--from and --to', asOf === undefined ? 'no --as-of' : 'no --stack', 'both; elsewhere name times in the query');
  if (asOf === undefined) return undefined;
  const hours = isSpan ? { fromMs: timeOf('--from', from, 0), toMs: timeOf('--to', to, Number.POSITIVE_INFINITY) } : undefined;
  if (hours !== undefined && hours.fromMs >= hours.toMs)
    throw usageError('--from', from, `a time before --to, ${new Date(hours.toMs).toISOString()}`);
  return { asOfMs: momentOf(asOf, lake, nowMs), hours, bytesMax: flags['max-mb'] * MIB };
}

function timeOf(flag: string, text: string | undefined, fallbackMs: number): number {
  if (text === undefined) return fallbackMs;
  const ms = parseTime(text);
  if (typeof ms === 'string') throw usageError(flag, text, 'a time in UTC such as 2026-01-05T10:00:00Z');
  return ms;
}
