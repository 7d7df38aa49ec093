import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom, type Random } from '../../../core/random.ts';
import { breakTransaction, createPopulation, drawTransaction } from '../../../load-test/payments.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Monday. */
const START_MS = Date.parse('2026-02-16T00:00:00Z');
/** A few hours of each day: as many rows in more hours would be the same work for many more files. */
const HOURS = [9, 18];
const CUSTOMERS = 60;
const TERMINALS = 25;
const FRAUD_SHARE = 0.03;
const GENUINE_LABEL_SHARE = 0.1;
const CORRECTED_SHARE = 0.3;
const LATE_SHARE = 0.01;
/** Behind every window and every disorder that the pipeline waits for. */
const LATE_MS = 20 * 60_000;
const REPEAT_SHARE = 0.02;
const BROKEN_SHARE = 0.01;
const NO_DEVICE_SHARE = 0.1;
const OTHER_DEVICE_SHARE = 0.05;

interface Line {
  readonly sendMs: number;
  readonly json: string;
}

/** When the second file begins, epoch ms. */
export function secondHalfMs(days: number): number {
  return START_MS + Math.ceil(days / 2) * DAY_MS;
}

/**
 * Writes seeded payments of some weeks into two files, the later weeks in the second: with devices, repeats, late and bad ones, and
 * labels, some of which correct others; customers are `c0`, `c1` and so on.
 */
export function writeTown(
  folder: string,
  { seed, days, payments }: { readonly seed: number; readonly days: number; readonly payments: number },
): string[] {
  const random = createRandom(seed);
  const population = createPopulation(random, CUSTOMERS, TERMINALS);
  const lines: Line[] = [];
  for (let i = 0; i < payments; i += 1) {
    const day = Math.floor((i * days) / payments);
    const sendMs = START_MS + day * DAY_MS + random.pick(HOURS) * HOUR_MS + random.below(HOUR_MS);
    const isFraud = random.chance(FRAUD_SHARE);
    const isLate = random.chance(LATE_SHARE);
    const drawn = drawTransaction(random, population, { id: `p${i}`, timeMs: sendMs - (isLate ? LATE_MS : 0), isFraud });
    const transaction = { ...drawn, customer_id: drawn.customer_id.replace('-', '') };
    if (random.chance(BROKEN_SHARE)) {
      lines.push({ sendMs, json: breakTransaction(random, transaction) });
      continue;
    }
    const json = JSON.stringify({ ...transaction, ...deviceOf(random, transaction.customer_id, isFraud ? `f${i}` : undefined) });
    lines.push({ sendMs, json });
    if (random.chance(REPEAT_SHARE)) lines.push({ sendMs: sendMs + random.below(30_000), json });
    if (isFraud || random.chance(GENUINE_LABEL_SHARE)) lines.push(...labelsOf(random, transaction, sendMs, isFraud));
  }
  lines.sort((a, b) => a.sendMs - b.sendMs);
  const half = secondHalfMs(days);
  return [lines.filter(({ sendMs }) => sendMs < half), lines.filter(({ sendMs }) => sendMs >= half)].map((part, i) => {
    const path = join(folder, `town-${i}.ndjson`);
    writeFileSync(path, `${part.map(({ json }) => json).join('\n')}\n`);
    return path;
  });
}

function deviceOf(random: Random, customer: string, strange: string | undefined): { readonly device_id?: string } {
  if (strange !== undefined) return { device_id: strange };
  if (random.chance(NO_DEVICE_SHARE)) return {};
  return { device_id: `${customer}-${random.chance(OTHER_DEVICE_SHARE) ? random.below(20) : 0}` };
}

/** What becomes known a day later; some frauds pass as genuine at first. */
function labelsOf(
  random: Random,
  transaction: { readonly event_id: string; readonly event_time: string; readonly customer_id: string; readonly terminal_id: string },
  sendMs: number,
  isFraud: boolean,
): Line[] {
  const label = (knownMs: number, fraud: boolean): Line => ({
    sendMs: knownMs,
    json: JSON.stringify({
      type: 'label',
      event_id: `${transaction.event_id}-${fraud ? 'fraud' : 'fine'}`,
      event_time: new Date(knownMs).toISOString(),
      transaction_id: transaction.event_id,
      transaction_time: transaction.event_time,
      customer_id: transaction.customer_id,
      terminal_id: transaction.terminal_id,
      fraud,
    }),
  });
  const isCorrected = isFraud && random.chance(CORRECTED_SHARE);
  return [...(isCorrected ? [label(sendMs + DAY_MS, false)] : []), label(sendMs + DAY_MS + (isCorrected ? HOUR_MS : 0), isFraud)];
}
