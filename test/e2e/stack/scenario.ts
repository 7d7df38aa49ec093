/** One step of the scenario: lines that are put on the stream together, in this order. */
export interface Step {
  readonly name: string;
  /** One event each, as a producer sends it, and the partition key it is put under. */
  readonly lines: readonly { readonly key: string; readonly text: string }[];
}

const START_MS = Date.parse('2026-01-05T00:00:00Z');
const HOUR_S = 3_600;
const CUSTOMERS = 12;
const TERMINALS = 5;
const PAYMENTS = 150;

const at = (seconds: number): string => new Date(START_MS + seconds * 1000).toISOString();

function payment(id: string, seconds: number, more: Readonly<Record<string, unknown>> = {}): Step['lines'][number] {
  const fields = { customer_id: 'ada', terminal_id: 't0', amount: '12.50', currency: 'EUR', country: 'FR', channel: 'web', ...more };
  return {
    key: String(fields.customer_id),
    text: JSON.stringify({ type: 'transaction', event_id: id, event_time: at(seconds), ...fields }),
  };
}

/** A busy half hour: disorder within the bound, several customers, terminals and currencies, amounts that make rules fire. */
function payments(fromS: number): Step['lines'] {
  return Array.from({ length: PAYMENTS }, (_, i) =>
    payment(`p${i}`, fromS + i * 12 + ((i * 37) % 45), {
      customer_id: `c${i % CUSTOMERS}`,
      terminal_id: `t${i % TERMINALS}`,
      amount: i % 40 === 7 ? '9750.00' : `${5 + ((i * 13) % 90)}.${String(i % 100).padStart(2, '0')}`,
      currency: i % 3 === 0 ? 'USD' : 'EUR',
    }),
  );
}

/**
 * The same story for one machine and for a stack: a fraud becomes known, payments follow once its hour is closed, with a repeat, a
 * late one and lines that are no events among them, and at the end one payment that closes everything before.
 */
export const SCENARIO: readonly Step[] = [
  {
    name: 'a fraud becomes known',
    lines: [
      {
        key: 'c1',
        text: JSON.stringify({
          type: 'label',
          event_id: 'l1',
          event_time: at(0),
          transaction_id: 'old',
          transaction_time: at(-48 * HOUR_S),
          customer_id: 'c1',
          terminal_id: 't1',
          fraud: true,
        }),
      },
      payment('mover', 3 * HOUR_S),
    ],
  },
  {
    name: 'a busy half hour',
    lines: [
      ...payments(6 * HOUR_S),
      payment('p3', 6 * HOUR_S + 36 + 21, { customer_id: 'c3', terminal_id: 't3', amount: '44.03', currency: 'USD' }),
      payment('late', 4 * HOUR_S),
      { key: 'broken', text: '{"type":"transaction","event_id":' },
      payment('no-money', 6 * HOUR_S + 1_800, { amount: '1e400' }),
    ],
  },
  { name: 'all windows before are closed', lines: [payment('end', 12 * HOUR_S, { customer_id: 'zoe' })] },
];
