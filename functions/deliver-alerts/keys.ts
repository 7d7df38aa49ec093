import { hash } from 'node:crypto';
import type { ItemKey } from '../../core/ports.ts';

/** Longest alert id inside a key, bytes: DynamoDB takes sort keys of 1,024, and escapes can make characters longer. */
const NAME_BYTES_MAX = 200;

/** An alert id as part of a key. Ids hold text of producers, and one too long for a key must not stop the stream. */
export function alertName(alertId: string): string {
  return Buffer.byteLength(alertId) <= NAME_BYTES_MAX ? alertId : `sha256:${hash('sha256', alertId)}`;
}

/** What the partition keys of alert items begin with; the mapping's filter looks for it. */
export const ALERT_PK_PREFIX = 'alert#';

/** Key of one alert. */
export const alertKey = (name: string): ItemKey => ({ pk: `${ALERT_PK_PREFIX}${name}`, sk: 'alert' });

/** Partition key of alerts that one machine has not handed over yet, by name: its table has no stream. */
export const QUEUE_PK = 'alert-queue';

/** Key of what delivery remembers of one entity. */
export const caseKey = (entity: string): ItemKey => ({ pk: `case#${alertName(entity)}`, sk: 'case' });

/** Key of the budget of the day. */
export const BUDGET_KEY: ItemKey = { pk: 'case-budget', sk: 'budget' };

/** Partition key of the list of minutes in which something of a case is over; sort keys are minutes. */
export const DUE_MINUTES_PK = 'due';

/** Partition key of the entities of which something is over in one minute; sort keys are their names, bodies the entities. */
export const duePk = (minute: string): string => `due#${minute}`;

/** Key of a summary that waits for a subscriber. */
export const summaryKey = (subscriber: string, name: string): ItemKey => ({ pk: `summary#${subscriber}#${name}`, sk: 'summary' });

/** Whether a name is that of a summary: ids of alerts begin with a rule's, which begins with a letter. */
export const isSummaryName = (name: string): boolean => name.startsWith('=');

/** Key of a subscriber's circuit breaker. */
export const circuitKey = (subscriber: string): ItemKey => ({ pk: `circuit#${subscriber}`, sk: 'circuit' });

/** Names of all subscribers, as their keys have them. */
export const SUBSCRIBERS = ['bus', 'topic', 'file'] as const;

/** Partition key of the list of minutes in which alerts were parked for a subscriber; sort keys are minutes. */
export const parkedMinutesPk = (subscriber: string): string => `parked#${subscriber}`;

/** Partition key of what was parked in one minute; sort keys are alert names. */
export const parkedPk = (subscriber: string, minute: string): string => `parked#${subscriber}#${minute}`;

/** How long alerts and what points at them are kept: subscribers that were down for a month have other worries. */
export const KEPT_MS = 30 * 24 * 3_600_000;

const MINUTE_MS = 60_000;
/** Digits of a minute since 1970 in keys, so that they sort as numbers do. */
const MINUTE_DIGITS = 10;

/** The minute of a moment, as keys have it. */
export function minuteName(ms: number): string {
  return String(Math.floor(ms / MINUTE_MS)).padStart(MINUTE_DIGITS, '0');
}
