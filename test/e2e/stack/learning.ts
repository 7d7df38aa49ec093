import type { Step } from './scenario.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.parse('2026-01-05T10:00:00Z');
/** Labels come a little later than the delay that the tests ask for, which is a day. */
const KNOWN_MS = 25 * HOUR_MS;
const TERMINALS = 8;

type Line = Step['lines'][number];

/** Range of the payments, a cut-off by which the labels of all but the last ones are known, and the days before which no label may be. */
export const LEARNING = { from: '2026-01-05', knownBy: '2026-01-10', to: '2026-01-12', labelDelay: '1d' } as const;

function line(type: string, ms: number, fields: Readonly<Record<string, unknown>> & { readonly customer_id: string }): Line {
  return { key: fields.customer_id, text: JSON.stringify({ type, event_time: new Date(ms).toISOString(), ...fields }) };
}

/** Payments of less than an hour, of few customers twice, most of them fraud, since learning asks for a hundred; their labels a day later. */
function burst(day: number, count: number): Step[] {
  const payments: Line[] = [];
  const labels: Line[] = [];
  for (let i = 0; i < count; i += 1) {
    const atMs = START_MS + day * DAY_MS + i * 15_000;
    const who = { customer_id: `c${day}-${i % (count - 10)}`, terminal_id: `t${(i * 3 + Number(i % 7 === 0)) % TERMINALS}` };
    const fraud = i % 6 > 0;
    const amount = `${(i % 2 === 1 ? 150 : 20) + ((i * 17) % 90)}.00`;
    payments.push(line('transaction', atMs, { event_id: `p${day}-${i}`, ...who, amount, currency: 'EUR', channel: 'web' }));
    const about = { transaction_id: `p${day}-${i}`, transaction_time: new Date(atMs).toISOString() };
    labels.push(line('label', atMs + KNOWN_MS, { event_id: `l${day}-${i}`, ...about, ...who, fraud }));
  }
  return [
    { name: `payments of day ${day}`, lines: [...payments, ...payments.slice(0, 2)] },
    { name: `labels of day ${day}`, lines: labels },
    mover(day),
  ];
}

/** Hours later one payment, which closes what features read of the labels before it. */
function mover(day: number): Step {
  const ids = { event_id: `mover-${day}`, customer_id: `mover-${day}`, terminal_id: 't-none' };
  const atMs = START_MS + day * DAY_MS + KNOWN_MS + 6 * HOUR_MS;
  return { name: `after the labels of day ${day}`, lines: [line('transaction', atMs, { ...ids, amount: '5.00', currency: 'EUR' })] };
}

/** A history to learn from: two bursts of payments whose labels are known before the cut-off, and a smaller one behind it. */
export const HISTORY: readonly Step[] = [...burst(0, 60), ...burst(2, 60), ...burst(5, 18)];
