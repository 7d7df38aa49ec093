import { writeFileSync } from 'node:fs';

/** Dials of a generated payments file. */
export interface PaymentsFile {
  readonly events: number;
  /** Share of events (0..1) moved back in the file by up to `disorderMs`. */
  readonly disorderMs?: number;
  /** Send each n-th transaction twice; 0 for never. */
  readonly repeatEvery?: number;
}

const START_MS = Date.parse('2025-11-03T06:00:00Z');
const COUNTRIES = ['DE', 'FR', null];
const CURRENCIES = ['EUR', 'EUR', 'JPY', 'KWD'];
const DIGITS: Readonly<Record<string, number>> = { EUR: 2, JPY: 0, KWD: 3 };

/** Small seeded generator (mulberry32), uniform in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Writes transactions and labels as NDJSON, in event-time order unless `disorderMs` says otherwise. */
export function writePayments(path: string, dials: PaymentsFile): void {
  const random = seeded(7);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const lines: { readonly atMs: number; readonly json: string }[] = [];
  let timeMs = START_MS;
  for (let i = 0; i < dials.events; i += 1) {
    timeMs += Math.floor(random() * 40_000);
    const currency = pick(CURRENCIES);
    const place = { customer_id: `c${Math.floor(random() * 40)}`, terminal_id: `t${Math.floor(random() * 25)}` };
    const amount = (Math.exp(random() * 6) * (random() < 0.02 ? 20 : 1)).toFixed(DIGITS[currency]);
    const country = pick(COUNTRIES);
    const event = {
      type: 'transaction',
      event_id: `e${i}`,
      event_time: iso(timeMs),
      ...place,
      amount,
      currency,
      ...(country === null ? {} : { country }),
    };
    const json = JSON.stringify(event);
    const atMs = timeMs + random() * (dials.disorderMs ?? 0);
    lines.push({ atMs, json });
    if (dials.repeatEvery !== undefined && i % dials.repeatEvery === 1) lines.push({ atMs: timeMs + 45_000, json });
    if (random() < 0.2) {
      const knownMs = timeMs + 3 * 3_600_000;
      const label = {
        type: 'label',
        event_id: `l${i}`,
        event_time: iso(knownMs),
        transaction_id: `e${i}`,
        transaction_time: iso(timeMs),
        ...place,
        fraud: random() < 0.3,
      };
      lines.push({ atMs: knownMs + random() * (dials.disorderMs ?? 0), json: JSON.stringify(label) });
    }
  }
  lines.sort((a, b) => a.atMs - b.atMs);
  writeFileSync(path, `${lines.map(({ json }) => json).join('\n')}\n`);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** DuckDB statements that make `src`, the relation of the SQL oracle, from such a file. */
export function sourceSetup(path: string): string[] {
  return [
    `CREATE TABLE src AS
      SELECT event_id, CAST(replace(event_time, 'Z', '') AS TIMESTAMP) AS event_time, customer_id, terminal_id, currency, country,
        CAST(NULL AS VARCHAR) AS channel,
        CAST(CAST(amount AS DECIMAL(18, 3)) * CASE currency WHEN 'JPY' THEN 1 WHEN 'KWD' THEN 1000 ELSE 100 END AS BIGINT) AS amount_minor
      FROM (SELECT DISTINCT event_id, event_time, customer_id, terminal_id, currency, country, amount FROM read_json('${path}',
        format = 'newline_delimited',
        columns = {type: 'VARCHAR', event_id: 'VARCHAR', event_time: 'VARCHAR', customer_id: 'VARCHAR', terminal_id: 'VARCHAR',
          currency: 'VARCHAR', country: 'VARCHAR', amount: 'VARCHAR'}) WHERE type = 'transaction')`,
  ];
}
