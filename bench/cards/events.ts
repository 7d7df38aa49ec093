import { createRandom, type Random } from '../../core/random.ts';

/** One card payment of the generated stream. Amount and place as the decimal text that goes on the wire. */
export interface Payment {
  readonly eventId: string;
  readonly timeMs: number;
  /** When the stream took it, epoch ms; arrivals ascend. */
  readonly arrivalMs: number;
  readonly cardId: string;
  readonly merchantId: string;
  readonly terminalId: string;
  readonly amount: string;
  readonly currency: string;
  readonly country: string;
  readonly mcc: string;
  readonly lat: string;
  readonly lon: string;
  readonly channel: string;
  readonly deviceId: string;
  readonly ip: string;
}

/** Noon, so that hours of events stay within one day. */
export const FIRST_ARRIVAL_MS = Date.UTC(2026, 0, 5, 12);
/** Payments per second of event time: some six an hour and card. */
export const PER_SECOND = 167;

const CARDS = 100_000;
const MERCHANTS = 20_000;
const CARD_SKEW = 0.6;
const MERCHANT_SKEW = 0.95;
/** Share of payments that are up to two minutes late; the others are up to three seconds. */
const LATE_SHARE = 0.01;
const LATE_MS = 120_000;
const DELAY_MS = 3_000;
const HOME_SHARE = 0.8;
const HOME_TRIES = 6;

/** Country, currency and place of twenty countries, the busiest first. */
const COUNTRIES: readonly (readonly [country: string, currency: string, lat: number, lon: number])[] = [
  ...([
    ['US', 'USD', 39, -98],
    ['GB', 'GBP', 54, -2],
    ['DE', 'EUR', 51, 10],
    ['FR', 'EUR', 46, 2],
    ['ES', 'EUR', 40, -4],
  ] as const),
  ...([
    ['IT', 'EUR', 42, 12],
    ['NL', 'EUR', 52, 5],
    ['PL', 'PLN', 52, 19],
    ['SE', 'SEK', 62, 15],
    ['JP', 'JPY', 36, 138],
  ] as const),
  ...([
    ['BR', 'BRL', -10, -55],
    ['MX', 'MXN', 23, -102],
    ['CA', 'CAD', 56, -106],
    ['AU', 'AUD', -25, 133],
    ['IN', 'INR', 20, 77],
  ] as const),
  ...([
    ['SG', 'SGD', 1.3, 103.8],
    ['ZA', 'ZAR', -30, 25],
    ['AE', 'AED', 24, 54],
    ['TR', 'TRY', 39, 35],
    ['CH', 'CHF', 47, 8],
  ] as const),
];
const CATEGORIES = '5411 5812 5541 5999 4829 7995 5732 5311 4111 5912 5814 7011 4511 5942 6011 5944'.split(' ');
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

interface Merchant {
  readonly country: number;
  readonly mcc: string;
  readonly lat: number;
  readonly lon: number;
}

/** The seeded stream of payments, without end: fourteen fields and some 300 bytes each, cards and merchants by Zipf's law. */
export function* paymentsOf(seed: number): Generator<Payment, never> {
  const random = createRandom(seed);
  const [card, merchant, country] = [
    zipf(CARDS, CARD_SKEW, random),
    zipf(MERCHANTS, MERCHANT_SKEW, random),
    zipf(COUNTRIES.length, 1, random),
  ];
  const homes = Uint8Array.from({ length: CARDS }, () => country());
  const devices = Array.from({ length: CARDS }, () => deviceOf(random));
  const merchants = Array.from({ length: MERCHANTS }, () => merchantOf(country(), random));
  for (let n = 0; ; n += 1) {
    const [cardNumber, arrivalMs] = [card(), FIRST_ARRIVAL_MS + Math.floor((n * 1_000) / PER_SECOND)];
    const merchantNumber = shopOf(merchant, merchants, homes[cardNumber], random);
    const at = merchants[merchantNumber] as Merchant;
    const [code, currency] = COUNTRIES[at.country] as (typeof COUNTRIES)[number];
    const timeMs = arrivalMs - random.below(random.chance(LATE_SHARE) ? LATE_MS : DELAY_MS);
    yield {
      eventId: ulid(timeMs, random),
      ...{ timeMs, arrivalMs },
      cardId: `c_${String(cardNumber).padStart(8, '0')}`,
      merchantId: `m_${String(merchantNumber).padStart(6, '0')}`,
      terminalId: `t_${String(merchantNumber * 8 + random.below(8)).padStart(7, '0')}`,
      amount: Math.max(0.5, Math.exp(3.2 + 1.1 * random.normal()) * (random.chance(0.002) ? 25 : 1)).toFixed(2),
      ...{ currency, country: code, mcc: at.mcc },
      lat: near(at.lat, 0.02, random).toFixed(4),
      lon: near(at.lon, 0.02, random).toFixed(4),
      channel: channelOf(random),
      deviceId: random.chance(0.97) ? (devices[cardNumber] as string) : deviceOf(random),
      ip: `${1 + ((cardNumber * 7) % 223)}.${(cardNumber >> 3) & 255}.${cardNumber & 255}.${random.below(254)}`,
    };
  }
}

/** One payment as the product takes it: the event type first, names in snake_case. */
export function wireText(p: Payment): string {
  const time = new Date(p.timeMs).toISOString();
  const who = `"type":"payment","event_id":"${p.eventId}","event_time":"${time}","card_id":"${p.cardId}","merchant_id":"${p.merchantId}"`;
  const what = `"terminal_id":"${p.terminalId}","amount":${p.amount},"currency":"${p.currency}","country":"${p.country}","mcc":"${p.mcc}"`;
  return `{${who},${what},"lat":${p.lat},"lon":${p.lon},"channel":"${p.channel}","device_id":"${p.deviceId}","ip":"${p.ip}"}`;
}

function merchantOf(country: number, random: Random): Merchant {
  const [, , lat, lon] = COUNTRIES[country] as (typeof COUNTRIES)[number];
  return { country, mcc: random.pick(CATEGORIES), lat: near(lat, 6, random), lon: near(lon, 6, random) };
}

/** People pay mostly at home. */
function shopOf(merchant: () => number, merchants: readonly Merchant[], home: number | undefined, random: Random): number {
  let chosen = merchant();
  if (merchants[chosen]?.country === home || !random.chance(HOME_SHARE)) return chosen;
  for (let tries = 0; tries < HOME_TRIES && merchants[chosen]?.country !== home; tries += 1) chosen = merchant();
  return chosen;
}

function channelOf(random: Random): string {
  if (random.chance(0.55)) return 'pos';
  return random.chance(0.7) ? 'ecom' : random.pick(['atm', 'moto', 'contactless']);
}

function near(middle: number, width: number, random: Random): number {
  return middle + (random.unit() - 0.5) * width;
}

function deviceOf(random: Random): string {
  return `d_${random
    .below(2 ** 32)
    .toString(16)
    .padStart(8, '0')}`;
}

function ulid(timeMs: number, random: Random): string {
  let text = '';
  for (let rest = timeMs, digit = 0; digit < 10; digit += 1, rest = Math.floor(rest / 32)) text = `${CROCKFORD[rest % 32]}${text}`;
  for (let digit = 0; digit < 16; digit += 1) text += CROCKFORD[random.below(32)];
  return text;
}

/** Draws numbers below `count`, the lower ones more often. */
function zipf(count: number, skew: number, random: Random): () => number {
  const ends = new Float64Array(count);
  let sum = 0;
  for (let i = 0; i < count; i += 1) {
    sum += 1 / (i + 1) ** skew;
    ends[i] = sum;
  }
  return () => {
    const drawn = random.unit() * sum;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] as number) < drawn) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
