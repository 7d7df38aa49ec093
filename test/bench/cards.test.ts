import { beforeAll, describe, expect, test } from 'vitest';
import { type Payment, paymentsOf, wireText } from '../../bench/cards/events.ts';
import { createProduct } from '../../bench/cards/product.ts';
import { type Packing, payloadsOf } from '../../bench/cards/records.ts';
import { RESULT_TABLES, resultOf } from '../../bench/cards/results.ts';
import { differencesOf } from '../../bench/harness/equality.ts';
import type { Result } from '../../bench/harness/measure.ts';
import { tallyOf } from '../../bench/harness/tally.ts';
import { createBaseline } from '../../bench/peers/baseline/handler.ts';

/** Events enough for windows to close and for most of the ten rules to fire. */
const EVENTS = 40_000;
/** Closing needs the last minutes only: this many events of the start say enough where it is about packing. */
const FEW = 8_000;

let lines: Buffer[] = [];

beforeAll(() => {
  lines = take(EVENTS).map((payment) => Buffer.from(wireText(payment)));
});

function take(count: number): Payment[] {
  const payments: Payment[] = [];
  for (const payment of paymentsOf(1)) if (payments.push(payment) === count) break;
  return payments;
}

async function productOf(some: readonly Buffer[], packing: Packing): Promise<Result> {
  const { handle, close, delivery } = await createProduct({ kept: RESULT_TABLES });
  for (const payload of payloadsOf(some, packing)) await handle(payload);
  await close();
  return resultOf(delivery.kept);
}

async function baselineOf(some: readonly Buffer[], packing: Packing, judge: 'closures' | 'json-rules-engine' = 'closures') {
  const { handle, firings, groups } = createBaseline({ packing, judge, meaning: 'aligned' });
  for (const payload of payloadsOf(some, packing)) await handle(payload);
  return { firings, groups, result: tallyOf(firings, groups) };
}

describe('the stream of cards', () => {
  test('the pipeline and the usual handler raise the same alerts and close the same groups', async () => {
    const [ours, { firings, groups, result }] = [await productOf(lines, 'plain'), await baselineOf(lines, 'plain')];
    expect(differencesOf(ours, result)).toEqual([]);
    expect(groups.length).toBeGreaterThan(3_000);
    expect(new Set(firings.map(({ rule }) => rule)).size).toBeGreaterThanOrEqual(8);
  }, 180_000);

  test('packed by the producer library, events give the same, and json-rules-engine judges as functions do', async () => {
    const some = lines.slice(0, FEW);
    const plain = await productOf(some, 'plain');
    expect(differencesOf(plain, await productOf(some, 'kpl'))).toEqual([]);
    expect(differencesOf(plain, (await baselineOf(some, 'kpl')).result)).toEqual([]);
    expect(differencesOf(plain, (await baselineOf(some, 'plain', 'json-rules-engine')).result)).toEqual([]);
  }, 180_000);

  test('one alert or one cent more is a difference', async () => {
    const { firings, groups, result } = await baselineOf(lines.slice(0, FEW * 3), 'plain');
    const [first] = groups;
    if (first === undefined) throw new Error('no window closed');
    const moreAlerts = tallyOf([...firings, { rule: 'burst', eventId: 'x' }], groups);
    const otherSum = tallyOf(firings, [{ ...first, sum: first.sum + 1 }, ...groups.slice(1)]);
    expect(differencesOf(result, moreAlerts).join()).toMatch(/alerts: \d+ against \d+/);
    expect(differencesOf(result, otherSum).join()).toMatch(/^groups_digest: \w+ against \w+$/);
  }, 180_000);
});
