import { writtenItem } from '../../functions/adapters/dynamo-items.ts';
import type { EventAttribute, TableRecord } from '../../functions/deliver-alerts/event.ts';

/** The change that a table's stream tells of when an item is put, as Lambda hands it over; the n-th of a call. */
export function insertRecord(
  { pk, sk, body }: { readonly pk: string; readonly sk: string; readonly body: string },
  n: number,
): TableRecord {
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
