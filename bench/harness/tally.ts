import { createHash } from 'node:crypto';
import type { Result } from './measure.ts';

/** A closed window of one group. Amounts in hundredths. */
export interface ClosedGroup {
  readonly window: string;
  readonly startMs: number;
  readonly group: string;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly cards: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** One rule that fired for one event. */
export interface Firing {
  readonly rule: string;
  readonly eventId: string;
}

/** Alerts and closed groups as a result: their numbers, and what each of them says; of sketches only the sums. */
export function tallyOf(firings: readonly Firing[], groups: readonly ClosedGroup[]): Result {
  const near = { cards: 0, p50: 0, p95: 0, p99: 0 };
  for (const { cards, p50, p95, p99 } of groups) {
    near.cards += cards;
    near.p50 += p50;
    near.p95 += p95;
    near.p99 += p99;
  }
  const groupLines = groups.map((one) => `${one.window} ${one.startMs} ${one.group} ${one.count} ${one.sum} ${one.min} ${one.max}`);
  return {
    exact: {
      alerts: firings.length,
      alerts_digest: digestOf(firings.map(({ rule, eventId }) => `${rule} ${eventId}`)),
      groups: groups.length,
      groups_digest: digestOf(groupLines),
    },
    near,
  };
}

/** Digest of some lines, whatever their order. */
export function digestOf(lines: readonly string[]): string {
  const hash = createHash('sha256');
  for (const line of lines.toSorted()) hash.update(`${line}\n`);
  return hash.digest('hex').slice(0, 16);
}
