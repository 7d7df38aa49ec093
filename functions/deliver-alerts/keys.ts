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

/** Key of a subscriber's circuit breaker. */
export const circuitKey = (subscriber: string): ItemKey => ({ pk: `circuit#${subscriber}`, sk: 'circuit' });

/** Names of all subscribers, as their keys have them. */
export const SUBSCRIBERS = ['bus', 'topic'] as const;

/** Partition key of the list of minutes in which alerts were parked for a subscriber; sort keys are minutes. */
export const parkedMinutesPk = (subscriber: string): string => `parked#${subscriber}`;

/** Partition key of what was parked in one minute; sort keys are alert names. */
export const parkedPk = (subscriber: string, minute: string): string => `parked#${subscriber}#${minute}`;

/** How long alerts and what points at them are kept: subscribers that were down for a month have other worries. */
export const KEPT_MS = 30 * 24 * 3_600_000;
