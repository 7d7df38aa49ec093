import type { Alert } from '../../core/ports.ts';
import { plainText, storedBody } from '../adapters/dynamo-items.ts';
import { ALERT_PK_PREFIX } from './keys.ts';
import { alertRowOf } from './outbox.ts';

/** An attribute as Lambda hands it over: bytes are base64. */
export type EventAttribute = { readonly S: string } | { readonly N: string } | { readonly B: string };

/** One change of the state table. */
export interface TableRecord {
  readonly eventID: string;
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly dynamodb: {
    readonly SequenceNumber: string;
    readonly Keys: Readonly<Record<string, EventAttribute>>;
    readonly NewImage?: Readonly<Record<string, EventAttribute>>;
  };
}

/** One call of the mapping of the table's stream. */
export interface TableStreamEvent {
  readonly Records: readonly TableRecord[];
}

/** A tick of the schedule: anything without records. */
export type TickEvent = Readonly<Record<string, unknown>> & { readonly Records?: undefined };

/** The alert in a change of the table. `none`: the change is not about alerts; `broken`: it is, but holds no alert row. */
export function alertOf({ eventName, dynamodb: { Keys: keys, NewImage: image } }: TableRecord): Alert | 'none' | 'broken' {
  const pk = keys['pk'];
  const isAlert = pk !== undefined && 'S' in pk && plainText(pk.S).startsWith(ALERT_PK_PREFIX);
  if (!isAlert || eventName !== 'INSERT') return 'none';
  const row = alertRowOf(bodyOf(image?.['body']));
  return row === undefined ? 'broken' : { id: String(row['alert_id']), row };
}

/** The client's attributes hold bytes where the event's hold base64; what a body is has one home. */
function bodyOf(attribute: EventAttribute | undefined): string {
  if (attribute === undefined) return '';
  if ('B' in attribute) return storedBody({ B: Buffer.from(attribute.B, 'base64') });
  return storedBody(attribute);
}
