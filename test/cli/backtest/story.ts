import { createRandom } from '../../../core/random.ts';

const START_MS = Date.parse('2026-01-01T00:00:00Z');
const DAY_MS = 86_400_000;
const LABEL_MS = 7 * DAY_MS;

/** How a story is told. */
export interface StoryOptions {
  readonly seed: number;
  readonly payments: number;
  /** Days over which the payments are spread; default 24. */
  readonly days?: number;
}

/** Lines of payments and, a week later, their labels, in order of time; some payments are sent twice. What the rules ask for varies. */
export function storyLines({ seed, payments, days = 24 }: StoryOptions): string[] {
  const random = createRandom(seed);
  const events: { readonly atMs: number; readonly order: number; readonly event: object }[] = [];
  const maybe = (name: string, value: unknown, chance: number): object => (random.chance(chance) ? { [name]: value } : {});
  for (let i = 0; i < payments; i += 1) {
    const atMs = START_MS + random.below(days * 24 * 60) * 60_000;
    const who = { customer_id: `c${random.below(60)}`, terminal_id: `t${random.below(6)}` };
    const event = {
      ...{ type: 'transaction', event_id: `p${i}`, event_time: timeOf(atMs), ...who, currency: random.pick(['EUR', 'USD']) },
      amount: (random.below(30_000) / 100).toFixed(2),
      ...maybe('merchant_id', `m${random.below(4)}`, 0.5),
      ...maybe('device_id', `d${random.below(8)}`, 0.5),
      ...maybe('country', random.pick(['DE', 'FR', 'US']), 0.5),
      ...maybe('channel', random.pick(['online', 'atm', 'pos']), 0.7),
      ...maybe('approved', random.chance(0.8), 0.5),
      ...maybe('payee_id', `y${random.below(3)}`, 0.2),
    };
    events.push({ atMs, order: 1, event });
    if (random.chance(0.03)) events.push({ atMs, order: 2, event });
    const label = { type: 'label', event_id: `l${i}`, event_time: timeOf(atMs + LABEL_MS), transaction_id: `p${i}`, ...who };
    const fraud = random.chance(0.04);
    events.push({ atMs: atMs + LABEL_MS, order: 0, event: { ...label, transaction_time: timeOf(atMs), fraud } });
  }
  return events.sort((a, b) => a.atMs - b.atMs || a.order - b.order).map(({ event }) => JSON.stringify(event));
}

const timeOf = (ms: number): string => new Date(ms).toISOString();
