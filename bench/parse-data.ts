import { currency, fixed, money, text } from '../core/definition/fields.ts';
import { definePipeline } from '../core/definition/pipeline.ts';
import { createRandom, type Random } from '../core/random.ts';

/** The pipeline of the measured events: card transactions of 14 fields and a type, some 320 bytes of JSON. */
export const CARDS = definePipeline({
  name: 'cards',
  version: 1,
  eventTypes: {
    transaction: {
      description: 'A card was used.',
      key: 'card_id',
      table: 'transactions',
      fields: {
        ...{ card_id: text(), merchant_id: text(), terminal_id: text() },
        ...{ amount: money({ currencyField: 'currency' }), currency: currency(), country: text(), mcc: text() },
        ...{ lat: fixed({ scale: 4 }), lon: fixed({ scale: 4 }), channel: text(), device_id: text(), ip: text() },
      },
    },
  },
  aggregates: {},
});

/** Arrival of all events, behind their times. */
export const ARRIVAL_MS = Date.UTC(2026, 10, 21);

const START_MS = Date.UTC(2026, 10, 20, 12);
const EVENTS_PER_S = 167;
const PLACES = [
  ...['US USD 39 -98', 'GB GBP 54 -2', 'DE EUR 51 10', 'FR EUR 46 2', 'ES EUR 40 -4', 'IT EUR 42 12', 'NL EUR 52 5', 'PL PLN 52 19'],
  ...['SE SEK 62 15', 'JP JPY 36 138', 'BR BRL -10 -55', 'MX MXN 23 -102', 'CA CAD 56 -106', 'AU AUD -25 133', 'IN INR 20 77'],
  ...['SG SGD 1 103', 'ZA ZAR -30 25', 'AE AED 24 54', 'TR TRY 39 35', 'CH CHF 47 8'],
].map((one) => one.split(' '));
const CHANNELS = ['pos', 'pos', 'pos', 'ecom', 'ecom', 'atm', 'moto', 'contactless'];
const MCCS = [
  '5411',
  '5812',
  '5541',
  '5999',
  '4829',
  '7995',
  '5732',
  '5311',
  '4111',
  '5912',
  '5814',
  '7011',
  '4511',
  '5942',
  '6011',
  '5944',
];
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const [CARD_COUNT, MERCHANT_COUNT] = [100_000, 20_000];

/** JSON texts of events in the order of arrival: cards as good as evenly spread, few merchants with most of the trade, 1 % late by up to two minutes. */
export function cardEvents(count: number, seed: number): string[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, i) => eventText(random, START_MS + Math.floor((i / EVENTS_PER_S) * 1_000)));
}

function eventText(random: Random, nowMs: number): string {
  const card = Math.floor(CARD_COUNT * random.unit() ** 2.5);
  const merchant = Math.floor(MERCHANT_COUNT * random.unit() ** 20);
  const [country, code, lat, lon] = PLACES[merchant % PLACES.length] as [string, string, string, string];
  const timeMs = nowMs - random.below(random.chance(0.01) ? 120_000 : 3_000);
  const amount = Math.max(0.5, Math.exp(3.2 + 1.1 * random.normal()));
  const near = (degrees: string): string => (Number(degrees) + (random.unit() - 0.5) * 6).toFixed(4);
  const device = (random.chance(0.97) ? Math.imul(card, 0x9e3779b1) : random.below(2 ** 32)) >>> 0;
  return `{${[
    `"type":"transaction","event_id":"${ulid(random, timeMs)}","event_time":"${new Date(timeMs).toISOString()}"`,
    `"card_id":"c_${padded(card, 8)}","merchant_id":"m_${padded(merchant, 6)}","terminal_id":"t_${padded(merchant * 8 + random.below(8), 7)}"`,
    `"amount":${amount.toFixed(code === 'JPY' ? 0 : 2)},"currency":"${code}","country":"${country}","mcc":"${MCCS[merchant % MCCS.length]}"`,
    `"lat":${near(lat)},"lon":${near(lon)},"channel":"${random.pick(CHANNELS)}","device_id":"d_${device.toString(16).padStart(8, '0')}"`,
    `"ip":"${1 + (card % 223)}.${(card >> 3) & 255}.${card & 255}.${random.below(254)}"`,
  ].join()}}`;
}

const padded = (value: number, digits: number): string => String(value).padStart(digits, '0');

function ulid(random: Random, timeMs: number): string {
  let id = '';
  for (let i = 0, rest = timeMs; i < 10; i += 1, rest = Math.floor(rest / 32)) id = CROCKFORD.charAt(rest % 32) + id;
  for (let i = 0; i < 16; i += 1) id += CROCKFORD.charAt(random.below(32));
  return id;
}
