import { writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { ended, launch } from './process.ts';

/** A payment of ada as a producer sends it, at a minute past ten. */
export function payment(id: string, minute: number, amount: string): string {
  const time = `2026-01-05T10:${String(minute).padStart(2, '0')}:00Z`;
  const who = { customer_id: 'ada', terminal_id: 't', amount, currency: 'EUR' };
  return JSON.stringify({ type: 'transaction', event_id: id, event_time: time, ...who });
}

/** Two good payments, one repeat, one with a bad amount, one without customer, one that is no JSON. */
export const LINES = [
  payment('p1', 0, '12.50'),
  payment('p2', 3, '310.00'),
  payment('p2', 3, '310.00'),
  payment('p3', 4, '12,5'),
  payment('p4', 5, '4.00').replace('"customer_id":"ada",', ''),
  '{"type":"transaction"',
];

/** Fills a data folder with `LINES`; its windows stay open, so that mended events are not late. */
export async function filledFolder(data: string, input: string): Promise<void> {
  writeFileSync(input, `${LINES.join('\n')}\n`);
  const run = await ended(launch('cli/headrace.mjs', ['run', '--input', input, '--data', data, '--keep-open']));
  expect(run.code, run.err).toBe(0);
}
