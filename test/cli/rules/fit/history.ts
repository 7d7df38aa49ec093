import { createRandom } from '../../../../core/random.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.parse('2026-01-01T00:00:00Z');
const LABEL_MS = 7 * DAY_MS;

/** How a history is told. */
export interface HistoryOptions {
  readonly seed: number;
  readonly days: number;
  readonly payments: number;
}

/** Lines of payments and, a week later, their labels: large amounts are mostly fraud, small ones hardly ever. In order of time. */
export function historyLines({ seed, days, payments }: HistoryOptions): string[] {
  const random = createRandom(seed);
  const events: { readonly atMs: number; readonly event: object }[] = [];
  for (let i = 0; i < payments; i++) {
    const atMs = START_MS + Math.floor(((i + random.unit()) / payments) * days * DAY_MS);
    const fraud = random.chance(0.12);
    const euros = fraud && random.chance(0.7) ? 180 + random.below(120) : 10 + random.below(200);
    const who = { customer_id: `c${random.below(400)}`, terminal_id: `t${random.below(200)}` };
    events.push({
      atMs,
      event: { type: 'transaction', event_id: `p${i}`, event_time: timeOf(atMs), ...who, amount: `${euros}.00`, currency: 'EUR' },
    });
    const label = { type: 'label', event_id: `l${i}`, event_time: timeOf(atMs + LABEL_MS), transaction_id: `p${i}`, ...who };
    events.push({ atMs: atMs + LABEL_MS, event: { ...label, transaction_time: timeOf(atMs), fraud } });
  }
  return events.sort((a, b) => a.atMs - b.atMs).map(({ event }) => JSON.stringify(event));
}

const timeOf = (ms: number): string => new Date(ms).toISOString();
