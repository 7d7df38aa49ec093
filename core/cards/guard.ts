import { reject } from '../events/rejection.ts';
import type { RawEvent, Rejection } from '../model.ts';
import { CARD_DIGITS_MIN } from './issuers.ts';
import { type CardFound, maskBytes } from './mask.ts';

/** A record whose card numbers are masked, and why it is refused. */
export interface Refused {
  readonly raw: RawEvent;
  readonly rejection: Rejection;
}

const NAME_BYTES_MAX = 200;

/** The member that a value ends behind: `"name": "…` or `"name": 41…`. */
const MEMBER = /"([A-Za-z_][\w.-]{0,79})"\s*:\s*(?:"(?:[^"\\]|\\.)*|[^",:{}[\]]*)$/;

/**
 * Refuses a record that holds a card number in its bytes or its partition key, in any place and whatever else is wrong with it;
 * undefined for all others. What is kept of it has no card number, and is refused again wherever it is sent again.
 */
export function refuseCardNumbers(raw: RawEvent): Refused | undefined {
  const masked = maskBytes(raw.bytes);
  const key = raw.partitionKey.length < CARD_DIGITS_MIN ? undefined : maskBytes(Buffer.from(raw.partitionKey));
  if (masked === undefined && key === undefined) return undefined;
  const kept = {
    ...raw,
    ...(masked === undefined ? {} : { bytes: masked.bytes }),
    ...(key === undefined ? {} : { partitionKey: key.bytes.toString() }),
  };
  return { raw: kept, rejection: masked === undefined ? inKey(key?.first.mark ?? '') : inBytes(masked.bytes, masked.first) };
}

function inBytes(bytes: Buffer, { at, mark }: CardFound): Rejection {
  // Offsets up to the first number are the same in the masked bytes.
  const [, member] = MEMBER.exec(bytes.toString('latin1', Math.max(0, at - NAME_BYTES_MAX), at)) ?? [];
  return rejectCard(member ?? '', `${mark} at byte ${at}`);
}

const inKey = (mark: string): Rejection => rejectCard('', `${mark} in the partition key`);

function rejectCard(path: string, received: string): Rejection {
  const allowed = 'no card number in any field or key; send a token in its place';
  return reject('CARD_NUMBER', path, { what: 'card number', received, allowed });
}
