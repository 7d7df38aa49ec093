import type { CelType } from '../../core/cel/types.ts';

/** What the rules know of one event. */
export type Fact = Readonly<Record<string, number | string | boolean>>;

/** Names and types of the facts. */
export const FACTS: readonly { readonly name: string; readonly type: CelType }[] = [
  { name: 'amount', type: 'double' },
  { name: 'mcc', type: 'string' },
  { name: 'channel', type: 'string' },
  { name: 'cnt1m', type: 'int' },
  { name: 'cnt1h', type: 'int' },
  { name: 'sum1h', type: 'double' },
  { name: 'speed', type: 'double' },
  { name: 'z', type: 'double' },
  { name: 'newDevice', type: 'bool' },
  { name: 'foreign', type: 'bool' },
  { name: 'lastAmount', type: 'double' },
  { name: 'seen', type: 'int' },
  { name: 'blacklisted', type: 'bool' },
];

interface JsonTest {
  readonly fact: string;
  readonly operator: string;
  readonly value: unknown;
}

/** One rule in its three forms. */
export interface BenchRule {
  readonly id: string;
  readonly condition: string;
  readonly closure: (fact: Fact) => boolean;
  readonly json: readonly JsonTest[];
}

const RISKY = ['7995', '4829', '6011', '5944'];
const risky = new Set<unknown>(RISKY);
const num = (value: unknown): number => value as number;
const above = (fact: string, value: number): JsonTest => ({ fact, operator: 'greaterThan', value });
const below = (fact: string, value: number): JsonTest => ({ fact, operator: 'lessThan', value });
const is = (fact: string, value: unknown): JsonTest => ({ fact, operator: 'equal', value });

const rule = (id: string, condition: string, [closure, json]: readonly [BenchRule['closure'], readonly JsonTest[]]): BenchRule => ({
  ...{ id, condition, closure, json },
});

/** Velocity, spend, travel, deviation, new device, list, merchant category, foreign, card testing. */
export const RULES: readonly BenchRule[] = [
  rule('burst', 'event.cnt1m > 5', [(f) => num(f['cnt1m']) > 5, [above('cnt1m', 5)]]),
  rule('busy-hour', 'event.cnt1h > 30', [(f) => num(f['cnt1h']) > 30, [above('cnt1h', 30)]]),
  rule('spend-hour', 'event.sum1h > 5000.0', [(f) => num(f['sum1h']) > 5_000, [above('sum1h', 5_000)]]),
  rule('travel', 'event.speed > 900.0', [(f) => num(f['speed']) > 900, [above('speed', 900)]]),
  rule('unusual-amount', 'event.seen >= 5 && event.z > 4.0', [
    (f) => num(f['seen']) >= 5 && num(f['z']) > 4,
    [above('seen', 4), above('z', 4)],
  ]),
  rule('new-device', 'event.newDevice && event.amount > 500.0', [
    (f) => f['newDevice'] === true && num(f['amount']) > 500,
    [is('newDevice', true), above('amount', 500)],
  ]),
  rule('listed-merchant', 'event.blacklisted', [(f) => f['blacklisted'] === true, [is('blacklisted', true)]]),
  rule('risky-category', `event.mcc in ${JSON.stringify(RISKY)} && event.amount > 300.0`, [
    (f) => risky.has(f['mcc']) && num(f['amount']) > 300,
    [{ fact: 'mcc', operator: 'in', value: RISKY }, above('amount', 300)],
  ]),
  rule('away-online', 'event.foreign && event.channel == "ecom" && event.amount > 200.0', [
    (f) => f['foreign'] === true && f['channel'] === 'ecom' && num(f['amount']) > 200,
    [is('foreign', true), is('channel', 'ecom'), above('amount', 200)],
  ]),
  rule('tried-out', 'event.lastAmount > 0.0 && event.lastAmount < 2.0 && event.amount > 400.0', [
    (f) => num(f['lastAmount']) > 0 && num(f['lastAmount']) < 2 && num(f['amount']) > 400,
    [above('lastAmount', 0), below('lastAmount', 2), above('amount', 400)],
  ]),
];

/** Seeded facts of which a few in a hundred make rules fire. */
export function factsOf(count: number): Fact[] {
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const rare = (share: number): boolean => random() < share;
  return Array.from({ length: count }, () => ({
    amount: Math.round(Math.exp(random() * 7) * 100) / 100,
    mcc: pick(['5411', '5812', '5999', '7995', '4829', '5732']),
    channel: pick(['pos', 'ecom', 'atm']),
    cnt1m: 1 + Math.floor(random() * (rare(0.02) ? 9 : 2)),
    cnt1h: 1 + Math.floor(random() * (rare(0.02) ? 40 : 8)),
    sum1h: Math.round(random() * (rare(0.02) ? 9_000 : 900) * 100) / 100,
    speed: random() * (rare(0.02) ? 2_000 : 90),
    z: random() * (rare(0.02) ? 8 : 3) - 1,
    newDevice: rare(0.05),
    foreign: rare(0.05),
    lastAmount: rare(0.03) ? random() * 2 : 5 + random() * 90,
    seen: Math.floor(random() * 40),
    blacklisted: rare(0.001),
  }));
}
