import type { LakeSpec } from '../../core/definition/retention.ts';
import { usageError } from '../../core/errors.ts';
import { parseTime } from '../../core/events/timestamp.ts';

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
