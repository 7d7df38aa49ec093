import { KplPacker } from '../../core/decode/kpl-pack.ts';
import type { Random } from '../../core/random.ts';
import type { FaultPlan } from './faults.ts';
import { HASH_KEYS, SimStream, type TruthUnit, type WireEvent } from './stream.ts';
import type { Swarm } from './swarm.ts';

/** Event times lie this far before arrival when an event is late, at most, ms. */
const LATE_MS_MAX = 1_200_000;
/** Events ahead of their arrival: from beyond what moves the watermark, to what is still accepted. */
const AHEAD_MS_MIN = 310_000;
const AHEAD_MS_MAX = 40_000_000;

/** How far ahead of now an event of a schedule may be, ms. */
export const aheadMs = ({ shares }: Pick<Swarm, 'shares'>): number => (shares.ahead === 0 ? 0 : AHEAD_MS_MIN + AHEAD_MS_MAX);
/** A producer sends again at most so many records later. */
const RESEND_RECORDS_MAX = 25;
/** User records in one aggregate. */
const AGGREGATED_MAX = 6;

/** Sends events as producers do: plain and aggregated, out of order, late, ahead, bad, twice, and to shards they do not belong to. */
export class Producers {
  sent = 0;
  private readonly stream: SimStream;
  private readonly random: Random;
  private readonly swarm: Swarm;
  private readonly faults: FaultPlan;
  private readonly again: { readonly after: number; readonly unit: TruthUnit }[] = [];
  private puts = 0;

  constructor(world: { readonly stream: SimStream; readonly random: Random; readonly swarm: Swarm; readonly faults: FaultPlan }) {
    this.stream = world.stream;
    this.random = world.random;
    this.swarm = world.swarm;
    this.faults = world.faults;
  }

  /** Puts one record: an event, an aggregate of some, or one that was sent before. */
  put(nowMs: number): void {
    this.puts += 1;
    const due = this.again.findIndex(({ after }) => after <= this.puts);
    const [again] = due < 0 ? [] : this.again.splice(due, 1);
    const units = again === undefined ? this.make(nowMs) : [again.unit];
    const [first] = units;
    if (first === undefined) return;
    const isMisrouted = this.faults.happens('misroute');
    const hashKey = isMisrouted ? this.random.below(HASH_KEYS) : SimStream.hashKeyOf(first.partitionKey);
    const data = units.length === 1 ? first.bytes : aggregateOf(units);
    this.stream.put(hashKey, { partitionKey: first.partitionKey, data, units }, nowMs);
    for (const unit of units) {
      if (this.faults.happens('resend')) this.again.push({ after: this.puts + 1 + this.random.below(RESEND_RECORDS_MAX), unit });
    }
  }

  /** What waits to be sent again. */
  get isDone(): boolean {
    return this.sent >= this.swarm.events && this.again.length === 0;
  }

  private make(nowMs: number): TruthUnit[] {
    const first = this.event(nowMs);
    if (first === undefined) return [];
    if (first.event === undefined || !this.random.chance(this.swarm.shares.aggregated)) return [first];
    const shard = this.stream.shardOf(SimStream.hashKeyOf(first.partitionKey));
    const units = [first];
    for (let i = this.random.below(AGGREGATED_MAX); i > 0; i -= 1) {
      const next = this.event(nowMs);
      if (next === undefined) break;
      // An aggregator packs what goes to one shard; the rest would be misrouted by itself.
      const hashKey = SimStream.hashKeyOf(next.partitionKey);
      const isPackable = hashKey >= shard.from && hashKey < shard.to && next.code !== 'KPL_CHECKSUM';
      if (isPackable) units.push(next);
      else this.again.push({ after: this.puts + 1, unit: next });
    }
    return units;
  }

  private event(nowMs: number): TruthUnit | undefined {
    if (this.sent >= this.swarm.events) return undefined;
    this.sent += 1;
    const { random, swarm } = this;
    const { shares } = swarm;
    const card = `c${random.below(swarm.cards)}`;
    const late = random.chance(shares.late) ? random.below(LATE_MS_MAX) : 0;
    const ahead = random.chance(shares.ahead) ? AHEAD_MS_MIN + random.below(AHEAD_MS_MAX) : 0;
    const event: WireEvent = {
      type: random.chance(shares.label) ? 'label' : 'payment',
      event_id: `e${this.sent}`,
      time: edge(random, nowMs - random.below(swarm.disorderMs + 1) - late + ahead),
      card,
      terminal: `t${random.below(swarm.terminals)}`,
      amount_minor: random.chance(shares.huge) ? 9_007_199_254_740_000 + random.below(900) : random.below(7_000),
      currency: random.chance(0.8) ? 'EUR' : 'JPY',
      fraud: random.chance(0.7),
    };
    if (random.chance(shares.bad)) return badUnit(random, event, nowMs);
    return { bytes: Buffer.from(wireText(event)), partitionKey: card, event };
  }
}

/** Times stand on the edges of windows more often than chance would have it. */
function edge(random: Random, timeMs: number): number {
  if (!random.chance(0.2)) return timeMs;
  return Math.floor(timeMs / 60_000) * 60_000 + random.pick([-1, 0, 1]);
}

function wireText({ type, event_id, time, card, terminal, amount_minor, currency, fraud }: WireEvent, fields: object = {}): string {
  const base = { type, event_id, event_time: new Date(time).toISOString(), card, terminal };
  const amount = currency === 'JPY' ? String(amount_minor) : decimalText(amount_minor);
  return JSON.stringify(type === 'label' ? { ...base, fraud, ...fields } : { ...base, amount, currency, ...fields });
}

function decimalText(minor: number): string {
  const digits = String(minor).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

const TWO_DAYS_MS = 172_800_000;

function badUnit(random: Random, event: WireEvent, nowMs: number): TruthUnit {
  const bad = (code: string, bytes: Uint8Array | string): TruthUnit => ({ bytes: Buffer.from(bytes), partitionKey: event.card, code });
  return random.pick([
    () => bad('EMPTY_RECORD', ''),
    () => bad('JSON_SYNTAX', '{"type":"payment"'),
    () => bad('KPL_CHECKSUM', Buffer.from('f3899ac2000102030405060708090a0b0c0d0e0f1011121314', 'hex')),
    () => bad('FIELD_MISSING', wireText({ ...event, type: 'payment' }, { currency: undefined })),
    () => bad('AMOUNT_SYNTAX', wireText({ ...event, type: 'payment' }, { amount: '12,5' })),
    () => bad('TIME_IN_FUTURE', wireText({ ...event, time: nowMs + TWO_DAYS_MS })),
    () => bad('TYPE_UNKNOWN', wireText(event, { type: 'refund' })),
    () => bad('DUPLICATE_KEY', `{"type":"payment","type":"payment"}`),
  ])();
}

function aggregateOf(units: readonly TruthUnit[]): Uint8Array {
  const packer = new KplPacker();
  for (const { partitionKey, bytes } of units) packer.add(partitionKey, bytes);
  return packer.finish();
}
