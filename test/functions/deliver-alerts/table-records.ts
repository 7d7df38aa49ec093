import type { Alert } from '../../../core/ports.ts';
import { writtenItem } from '../../../functions/adapters/dynamo-items.ts';
import type { EventAttribute, TableRecord, TableStreamEvent } from '../../../functions/deliver-alerts/event.ts';
import { alertKey, alertName } from '../../../functions/deliver-alerts/keys.ts';

/** The change that a table's stream tells of when an item is put, as Lambda hands it over. */
export function insertOf(pk: string, sk: string, body: string, n: number): TableRecord {
  const { attributes } = writtenItem({ pk, sk, expectedVersion: 0, body });
  const image = Object.fromEntries(
    Object.entries(attributes).map(([name, { S, N, B }]): [string, EventAttribute] => {
      if (S !== undefined) return [name, { S }];
      return [name, N === undefined ? { B: Buffer.from(B ?? []).toString('base64') } : { N }];
    }),
  );
  const keys = { pk: image['pk'] ?? { S: '' }, sk: image['sk'] ?? { S: '' } };
  return { eventID: `change-${n}`, eventName: 'INSERT', dynamodb: { SequenceNumber: String(1_000 + n), Keys: keys, NewImage: image } };
}

/** The call that the mapping makes for these alerts; the n-th has sequence number 1000 + n. */
export function eventOf(alerts: readonly Alert[]): TableStreamEvent {
  return {
    Records: alerts.map(({ id, row }, i) => {
      const { pk, sk } = alertKey(alertName(id));
      return insertOf(pk, sk, JSON.stringify(row), i);
    }),
  };
}
