import type { Fact } from '../../measures/rules-data.ts';
import type { BaselinePayment } from './schema.ts';

/**
 * What the features mean. `aligned`: as a pipeline definition can say them, over tiles and whatever the order of arrival. `sliding`: as the
 * comparison first had them, over the very last minute and hour and the payment that arrived before.
 */
export type Meaning = 'aligned' | 'sliding';

/** What is remembered of one card, as it is usually kept. */
interface Card {
  readonly times: number[];
  readonly amounts: number[];
  readonly devices: Set<string>;
  readonly countries: Map<string, number>;
  readonly home: string;
  seen: number;
  mean: number;
  squares: number;
  lastMs: number;
  lastId: string;
  lastLat: number;
  lastLon: number;
  lastAmount: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const MINUTE_TILE_MS = 5 * SECOND_MS;
/** No payment is later than this, so what lies an hour, a tile and this behind is needed no more. */
const LATENESS_MS = 120_000;
const RADIANS = Math.PI / 180;
const LISTED = new Set(Array.from({ length: 200 }, (_, i) => `m_${String(i * 97 + 13).padStart(6, '0')}`));

/** Features of each card's earlier payments, in a map of objects. */
export class Cards {
  private readonly cards = new Map<string, Card>();
  private readonly meaning: Meaning;

  constructor(meaning: Meaning) {
    this.meaning = meaning;
  }

  /** Facts about a payment, which is among the earlier ones from then on. */
  facts(payment: BaselinePayment, timeMs: number): Fact {
    const card = this.cardOf(payment);
    const facts = this.meaning === 'aligned' ? alignedFacts(card, payment, timeMs) : slidingFacts(card, payment, timeMs);
    remember(card, payment, timeMs, this.meaning === 'aligned');
    return facts;
  }

  private cardOf({ card_id, country }: BaselinePayment): Card {
    let card = this.cards.get(card_id);
    if (card === undefined) {
      card = {
        ...{ times: [], amounts: [], devices: new Set(), countries: new Map(), home: country, seen: 0, mean: 0, squares: 0 },
        ...{ lastMs: 0, lastId: '', lastLat: 0, lastLon: 0, lastAmount: 0 },
      };
      this.cards.set(card_id, card);
    }
    return card;
  }
}

function alignedFacts(card: Card, payment: BaselinePayment, timeMs: number): Fact {
  const hourTile = timeMs - (timeMs % MINUTE_MS);
  const minuteTile = timeMs - (timeMs % MINUTE_TILE_MS);
  const { times, amounts } = card;
  while (times.length > 0 && (times[0] as number) < hourTile - HOUR_MS - LATENESS_MS - MINUTE_MS) {
    times.shift();
    amounts.shift();
  }
  let [inMinute, inHour, sum, least] = [0, 0, 0, 0];
  for (let i = 0; i < times.length; i += 1) {
    const at = times[i] as number;
    if (at < hourTile - HOUR_MS || at >= hourTile + MINUTE_MS) continue;
    const amount = amounts[i] as number;
    inHour += 1;
    sum += amount;
    if (least === 0 || amount < least) least = amount;
    if (at >= minuteTile - MINUTE_MS && at < minuteTile + MINUTE_TILE_MS) inMinute += 1;
  }
  const deviation = Math.sqrt(card.squares / card.seen);
  const km = Math.round(distanceKm(card, payment, 2 * 6_371.0088) * 1_000) / 1_000;
  return factsOf(card, payment, {
    ...{ inMinute, inHour, sum, deviation, lastAmount: least },
    speed: card.seen > 0 ? km / (Math.max(Math.abs(timeMs - card.lastMs), MINUTE_MS) / HOUR_MS) : 0,
    foreign: 2 * (card.countries.get(payment.country) ?? 0) < card.seen,
  });
}

function slidingFacts(card: Card, payment: BaselinePayment, timeMs: number): Fact {
  const { times, amounts } = card;
  while (times.length > 0 && (times[0] as number) <= timeMs - HOUR_MS) {
    times.shift();
    amounts.shift();
  }
  const inMinute = times.filter((at) => at > timeMs - MINUTE_MS).length;
  const sum = amounts.reduce((total, amount) => total + amount, 0);
  const deviation = card.seen > 1 ? Math.sqrt(card.squares / (card.seen - 1)) : 0;
  const hours = Math.max((timeMs - card.lastMs) / HOUR_MS, 1 / 60);
  return factsOf(card, payment, {
    ...{ inMinute, inHour: times.length, sum, deviation, lastAmount: card.lastAmount },
    speed: card.lastMs > 0 ? distanceKm(card, payment, 12_742) / hours : 0,
    foreign: payment.country !== card.home,
  });
}

interface Counted {
  readonly inMinute: number;
  readonly inHour: number;
  readonly sum: number;
  readonly deviation: number;
  readonly speed: number;
  readonly foreign: boolean;
  readonly lastAmount: number;
}

function factsOf(card: Card, payment: BaselinePayment, counted: Counted): Fact {
  return {
    amount: payment.amount,
    mcc: payment.mcc,
    channel: payment.channel,
    cnt1m: counted.inMinute + 1,
    cnt1h: counted.inHour + 1,
    sum1h: counted.sum + payment.amount,
    speed: counted.speed,
    z: counted.deviation > 0 ? (payment.amount - card.mean) / counted.deviation : 0,
    newDevice: card.devices.size > 0 && !card.devices.has(payment.device_id),
    foreign: counted.foreign,
    lastAmount: counted.lastAmount,
    seen: card.seen,
    blacklisted: LISTED.has(payment.merchant_id),
  };
}

/** Great-circle distance from the card's last place; `diameterKm` is that of the earth. */
function distanceKm({ lastLat, lastLon }: Card, { lat, lon }: BaselinePayment, diameterKm: number): number {
  const north = Math.sin(((lat - lastLat) * RADIANS) / 2);
  const east = Math.sin(((lon - lastLon) * RADIANS) / 2);
  return diameterKm * Math.asin(Math.sqrt(north * north + Math.cos(lastLat * RADIANS) * Math.cos(lat * RADIANS) * east * east));
}

function remember(card: Card, payment: BaselinePayment, timeMs: number, isByTime: boolean): void {
  const { amount } = payment;
  card.times.push(timeMs);
  card.amounts.push(amount);
  if (!isByTime || timeMs > card.lastMs || (timeMs === card.lastMs && payment.event_id > card.lastId)) {
    card.lastMs = timeMs;
    card.lastId = payment.event_id;
    card.lastLat = payment.lat;
    card.lastLon = payment.lon;
  }
  card.seen += 1;
  const difference = amount - card.mean;
  card.mean += difference / card.seen;
  card.squares += difference * (amount - card.mean);
  card.devices.add(payment.device_id);
  if (isByTime) card.countries.set(payment.country, (card.countries.get(payment.country) ?? 0) + 1);
  card.lastAmount = amount;
}
