import type { Random } from '../../core/random.ts';

/** Ways to break an event that every checker must see. */
const FAULTS: readonly ((line: string) => string)[] = [
  (line) => line.slice(0, -20),
  (line) => line.replace('"card_id"', '"card"'),
  (line) => line.replace(/"amount":([\d.]+)/, '"amount":"a$1"'),
  (line) => line.replace(/"lat":[-\d.]+/, '"lat":null'),
  (line) => line.replace(/("event_time":"\d{4})-/, '$1/'),
  (line) => line.replace(/"merchant_id":"\w+"/, '"merchant_id":17'),
  (line) => line.replace(/"currency":"\w+"/, '"currency":"EURO"'),
  (line) => line.replace('"event_id":', '"event_id"'),
];

/** The lines with a share of them broken, in one of eight ways each. */
export function withBroken(lines: readonly Buffer[], share: number, random: Random): Buffer[] {
  return lines.map((line) => (random.chance(share) ? Buffer.from(random.pick(FAULTS)(line.toString('latin1'))) : line));
}
