import { KplPacker } from '../../../core/decode/kpl-pack.ts';
import { TEST_CARDS } from '../../core/cards/numbers.ts';

/** More than an event may have. */
const EVENT_BYTES = 300_000;
/** More than a stream record can hold. */
const RECORD_BYTES = 1_200_000;

/** A payment's members as text; a place puts a card number somewhere in them. */
export interface Payment {
  readonly id: string;
  readonly time: string;
  readonly customer: string;
}

const line = (payment: Payment, members: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    type: 'transaction',
    event_id: payment.id,
    event_time: payment.time,
    customer_id: payment.customer,
    terminal_id: 't7',
    amount: '12.50',
    currency: 'EUR',
    ...members,
  });

/** A payment without any card number. */
export const cleanLine = (payment: Payment): string => line(payment);

const groups = (card: string, separator: string): string => (card.match(/.{1,4}/g) ?? []).join(separator);
const shifted = (card: string, zero: number): string => [...card].map((digit) => String.fromCodePoint(zero + Number(digit))).join('');
const escaped = (card: string): string => [...card].map((digit) => `\\u003${digit}`).join('');

/** Numbers that are put in places. */
export const CARDS: readonly string[] = Object.values(TEST_CARDS);

/** Where in a line a card number can stand: what a producer may really send by mistake, valid events and broken ones. */
export const PLACES: Readonly<Record<string, (payment: Payment, card: string) => string>> = {
  'event id': (payment, card) => line(payment, { event_id: `${payment.id}-x${card}` }),
  'customer, and so the partition key': (payment, card) => line(payment, { customer_id: card }),
  terminal: (payment, card) => line(payment, { terminal_id: card }),
  'merchant, in text': (payment, card) => line(payment, { merchant_id: `paid with ${card} at noon` }),
  'device, in groups': (payment, card) => line(payment, { device_id: groups(card, ' ') }),
  'country, with hyphens': (payment, card) => line(payment, { country: groups(card, '-') }),
  'channel, with dots': (payment, card) => line(payment, { channel: groups(card, '.') }),
  'amount as text': (payment, card) => line(payment, { amount: `${card}.00` }),
  'amount as a number': (payment, card) => line(payment).replace('"12.50"', card),
  currency: (payment, card) => line(payment, { currency: card }),
  'event type': (payment, card) => line(payment, { type: card }),
  'event time': (payment, card) => line(payment, { event_time: card }),
  'a member that nobody declared': (payment, card) => line(payment, { note: card }),
  'a name of a member': (payment, card) => line(payment, { [card]: 1 }),
  'deep inside': (payment, card) => line(payment, { a: [{ b: { c: [1, card] } }] }),
  'JSON escapes': (payment, card) => line(payment, { note: 'CARD' }).replace('CARD', escaped(card)),
  'full-width digits': (payment, card) => line(payment, { note: shifted(card, 0xff10) }),
  'Arabic digits': (payment, card) => line(payment, { note: shifted(card, 0x660) }),
  'with zeros before it': (payment, card) => line(payment, { note: `000${card}` }),
  'with date and code behind it': (payment, card) => line(payment, { note: `${card} 1228 123` }),
  'a line that is no JSON': (payment, card) => `${payment.id};${card};12.50`,
  'a line that breaks off': (payment, card) => line(payment, { note: card }).slice(0, -2),
  'the same member twice': (payment, card) => line(payment).replace('"currency"', `"amount":"${card}","currency"`),
  'a key that is forbidden': (payment, card) => line(payment).replace('"currency"', `"__proto__":"${card}","currency"`),
};

/** Places that make a line long: few of them are enough. */
export const LONG_PLACES: Readonly<Record<string, (payment: Payment, card: string) => string>> = {
  'an event that is too large': (payment, card) => line(payment, { note: `${'x'.repeat(EVENT_BYTES)} ${card}` }),
  'a line that no record can hold': (payment, card) => line(payment, { note: `${'x'.repeat(RECORD_BYTES)} ${card}` }),
};

/** Where in the data of a stream record a card number can stand besides: what only a producer of its own can send. */
export const RECORD_PLACES: Readonly<Record<string, (payment: Payment, card: string) => { readonly key: string; readonly data: Buffer }>> =
  {
    'a partition key': (payment, card) => ({ key: `c-${card}`, data: Buffer.from(line(payment)) }),
    'UTF-16': (payment, card) => ({ key: payment.customer, data: Buffer.from(line(payment, { note: card }), 'utf16le') }),
    'bytes that are no UTF-8': (payment, card) => ({
      key: payment.customer,
      data: Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(card), Buffer.from([0xc0])]),
    }),
    'an aggregate': (payment, card) => ({ key: payment.customer, data: aggregate(payment.customer, line(payment, { note: card })) }),
    'a key inside an aggregate': (payment, card) => ({ key: payment.customer, data: aggregate(card, line(payment)) }),
    'an aggregate with a wrong checksum': (payment, card) => {
      const data = aggregate(card, line(payment, { note: card }));
      data.writeUInt8((data.at(-1) ?? 0) ^ 1, data.length - 1);
      return { key: payment.customer, data };
    },
  };

function aggregate(key: string, text: string): Buffer {
  const packer = new KplPacker();
  packer.add(key, Buffer.from(text));
  return Buffer.from(packer.finish());
}
