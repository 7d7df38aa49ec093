import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compactionUsages } from '../../../cli/cost/compaction.ts';
import { COMPACTION_ROW_US, COMPACTIONS_OF_HOUR, MONTH_S } from '../../../cli/cost/constants.ts';
import { type CostReport, costOf } from '../../../cli/cost/model.ts';
import { loadPrices, PRICE_NAMES, parsePrices } from '../../../cli/cost/prices.ts';
import { shapeOf } from '../../../cli/cost/shape.ts';
import { SIZES } from '../../../cli/cost/sizes.ts';
import { workloadOf } from '../../../cli/cost/workload.ts';
import { compilePlan } from '../../../core/plan.ts';
import { loadConfig } from '../../../infra/config.ts';
import { SIZES as DEPLOYED } from '../../../infra/sizes.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';
import { headrace } from '../command-line.ts';

const table = loadPrices();
const plan = compilePlan(pipeline);
const sizes = fc.constantFrom(SIZES.small, SIZES.production);
const rates = fc.double({ min: 0.01, max: 200_000, noNaN: true });
const sizesOfEvent = fc.integer({ min: 1, max: 262_144 });
const groups = fc.integer({ min: 1, max: 100_000 });

describe('the bill', () => {
  test('does not fall when the rate grows', () => {
    fc.assert(
      fc.property(rates, fc.double({ min: 1, max: 3, noNaN: true }), sizesOfEvent, sizes, groups, (ratePerS, more, bytes, size, many) => {
        const shape = shapeOf(plan, many);
        const before = costOf({ ratePerS, bytes, size, shape }, table);
        const after = costOf({ ratePerS: ratePerS * more, bytes, size, shape }, table);
        expect(after.totalCents).toBeGreaterThanOrEqual(before.totalCents);
        expect(after.shardsNeeded).toBeGreaterThanOrEqual(before.shardsNeeded);
      }),
      { numRuns: 300 },
    );
  });

  test('does not fall when events grow', () => {
    fc.assert(
      fc.property(rates, sizesOfEvent, sizesOfEvent, sizes, groups, (ratePerS, one, other, size, many) => {
        const shape = shapeOf(plan, many);
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        const cents = (bytes: number): number => costOf({ ratePerS, bytes, size, shape }, table).totalCents;
        expect(cents(more)).toBeGreaterThanOrEqual(cents(less));
      }),
      { numRuns: 300 },
    );
  });

  test('is the sum of its services, each the sum of its lines', () => {
    fc.assert(
      fc.property(rates, sizesOfEvent, sizes, (ratePerS, bytes, size) => {
        const { lines, services, totalCents } = costOf({ ratePerS, bytes, size, shape: shapeOf(plan, 1_000) }, table);
        expect(services.reduce((all, { cents }) => all + cents, 0)).toBe(totalCents);
        for (const { service, cents } of services)
          expect(lines.filter((line) => line.service === service).reduce((all, line) => all + line.cents, 0)).toBe(cents);
        for (const { cents } of lines) expect(Number.isInteger(cents) && cents >= 0).toBe(true);
      }),
    );
  });

  test('uses every price of the table, for the stack, the comparison or backfills', () => {
    const { lines } = costOf({ ratePerS: 100, bytes: 300, size: SIZES.small, shape: shapeOf(plan, 1_000) }, table);
    const onDemand = PRICE_NAMES.filter((name) => name.startsWith('kinesisOnDemand'));
    expect([...new Set([...lines.map(({ price }) => price), ...onDemand, 'stepsTransition'])].sort()).toEqual([...PRICE_NAMES].sort());
  });
});

test.each(['small', 'production'] as const)('the size %s is the one that is deployed', (name) => {
  const { helperMb, keys, ...shared } = DEPLOYED[name];
  expect(SIZES[name]).toMatchObject({ ...shared, keys: keys === 'shared' ? 2 : 4 });
  // The model takes helpers at a quarter of a gigabyte: they wait more than they compute, and cost cents.
  expect(helperMb).toBeLessThanOrEqual(512);
});

test.each([
  ['small', 'dev'],
  ['production', 'prod'],
] as const)('the size %s keeps old versions as %s is deployed with', (size, env) => {
  expect(loadConfig(env)).toMatchObject({ size, oldVersionsDays: SIZES[size].oldVersionsDays });
});

describe('compaction in the bill', () => {
  const offered = { ratePerS: 100, bytes: 300, size: SIZES.small, shape: shapeOf(plan, 1_000) };
  const partOf = (change: Partial<typeof offered>): CostReport => costOf({ ...offered, ...change }, table);

  test('is the sum of its lines, and part of the total', () => {
    const { lines, compactionCents, totalCents } = partOf({});
    const own = lines.filter(({ part }) => part === 'compaction');
    expect(own.reduce((sum, { cents }) => sum + cents, 0)).toBe(compactionCents);
    expect(new Set(own.map(({ service }) => service))).toEqual(new Set(['Lambda', 'S3', 'Glue', 'CloudWatch', 'X-Ray', 'EventBridge']));
    expect(compactionCents).toBeGreaterThan(100);
    expect(compactionCents).toBeLessThan(totalCents / 10);
  });

  test('rests on the processor time that docs/lake.md measured: of a large rate nearly all of its function', () => {
    const seconds = /^whole_cpu_s +([\d.]+)$/m.exec(readFileSync('docs/lake.md', 'utf8'))?.[1];
    expect(COMPACTION_ROW_US).toBe(Number(seconds));
    const size = { ...SIZES.production, compactionMb: 1_769 };
    const work = workloadOf({ ...offered, ratePerS: 100_000, size });
    const rows = work.tables.reduce((sum, { rowsPerS }) => sum + rowsPerS, 0) * COMPACTIONS_OF_HOUR * MONTH_S;
    const line = compactionUsages(work).find(({ price }) => price === 'lambdaX86GbSecond');
    const alone = ((rows * COMPACTION_ROW_US) / 1e6) * (1_769 / 1_024);
    expect((line?.quantity ?? 0) / alone).toBeGreaterThan(1);
    expect((line?.quantity ?? 0) / alone).toBeLessThan(1.05);
  });

  test('grows with the days that one may look back', () => {
    const shape = (generationsDays: number) => ({ shape: { ...offered.shape, generationsDays } });
    const kept = (days: number): number =>
      partOf(shape(days)).lines.find(({ part, price }) => part === 'compaction' && price === 's3StorageGbMonth')?.quantity ?? 0;
    // Seven days more of the same on top of seven, and seven of old versions.
    expect(kept(14) / kept(7)).toBeCloseTo(21 / 14, 6);
    expect(partOf(shape(14)).compactionCents).toBeGreaterThan(partOf(shape(7)).compactionCents);
  });
});

describe('limits', () => {
  const shape = shapeOf(plan, 1_000);
  const limitsAt = (ratePerS: number, bytes: number) => costOf({ ratePerS, bytes, size: SIZES.production, shape }, table).limits;

  test('a shard of large events is limited by bytes, of small ones by records', () => {
    const shardLimits = (bytes: number) => limitsAt(10, bytes).filter(({ name }) => name.startsWith('shard:'));
    expect(shardLimits(300)[0]?.name).toContain('records');
    expect(shardLimits(2_000)[0]?.name).toContain('MiB');
  });

  test('a limit is used up exactly at the rate at which it is said to be met', () => {
    for (const { name, metAtPerS } of limitsAt(10, 300)) {
      if (metAtPerS === null) continue;
      // On one shard: the limits of a shard are rates themselves.
      const work = workloadOf({ ratePerS: metAtPerS, bytes: 300, size: SIZES.production, shape }, 1);
      if (name.includes('write units')) expect(work.state.hottest.writeUnitsPerS).toBeCloseTo(1_000, 0);
      if (name.startsWith('shard: 1,000')) expect(metAtPerS).toBe(1_000);
    }
  });
});

describe('the price table', () => {
  const text = readFileSync('cli/cost/prices.json', 'utf8');
  type Raw = { date: string; prices: Record<string, { usd: number; page: string; basis: string }> };
  const changed = (change: (raw: Raw) => void): string => {
    const raw = JSON.parse(text) as Raw;
    change(raw);
    return JSON.stringify(raw);
  };

  test('names a page of the provider for each price', () => {
    for (const { page } of Object.values(table.prices)) expect(page).toMatch(/^https:\/\/aws\.amazon\.com\/[a-z0-9/-]+\/pricing\//);
  });

  test('an unknown price, a missing one, a price of nothing and a table without date are refused', () => {
    const bad: ((raw: Raw) => void)[] = [
      (raw) => Object.assign(raw.prices, { teaCup: raw.prices['kmsRequest'] }),
      (raw) => Reflect.deleteProperty(raw.prices, 'kmsRequest'),
      (raw) => Object.assign(raw.prices['kmsRequest'] ?? {}, { usd: 0 }),
      (raw) => Object.assign(raw, { date: 'lately' }),
    ];
    for (const change of bad) expect(() => parsePrices(changed(change))).toThrow(/price table: got/);
    expect(() => parsePrices(changed(() => {}))).not.toThrow();
  });
});

describe('headrace cost', () => {
  test.each([100, 1_000, 10_000])('%i events a second: the documented figures', async (rate) => {
    for (const size of ['small', 'production']) {
      const { code, out, err } = await headrace('cost', '--rate', String(rate), '--bytes', '300', '--size', size);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      await expect(out).toMatchFileSnapshot(`golden/${size}-${rate}.txt`);
    }
  });

  test('--json holds the same figures, and what they rest on', async () => {
    const { out } = await headrace('cost', '--rate', '1000', '--bytes', '300', '--json');
    const report = JSON.parse(out) as {
      total_usd_month: number;
      services: { usd_month: number }[];
      assumptions: string[];
      prices: { date: string; unread: string[] };
    };
    const sum = report.services.reduce((all, { usd_month }) => all + usd_month, 0);
    expect(sum).toBeCloseTo(report.total_usd_month, 6);
    expect(report.assumptions.length).toBeGreaterThan(5);
    expect(report.prices).toMatchObject({ date: table.date, unread: expect.arrayContaining(['xrayTrace']) });
  });

  test('another pipeline has another bill: no decisions, no alerts', async () => {
    const { out } = await headrace('cost', '--rate', '10', '--bytes', '80', '--pipeline', 'examples/sensor-readings', '--json');
    expect(JSON.parse(out)).toMatchObject({ pipeline: 'sensors' });
  });
});
