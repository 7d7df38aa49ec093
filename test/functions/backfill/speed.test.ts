import { describe, expect, test } from 'vitest';
import { STEP_SIZES, slicesOf } from '../../../functions/backfill/sizes.ts';
import { speedOf } from '../../../functions/backfill/speed.ts';
import { MemoryObjectStore } from '../../../local/objects/memory.ts';

describe('speed', () => {
  let nowMs = 0;
  const objects = new MemoryObjectStore(() => nowMs);
  const report = async (id: string, events: number, cpuUs: number | undefined, failure?: object): Promise<void> => {
    nowMs += 1;
    await objects.put(
      `${id}/report.json`,
      Buffer.from(JSON.stringify({ events, cpu_us: cpuUs === undefined ? undefined : cpuUs * events, failure })),
    );
  };

  test('is that of a benchmark until backfills of some size have run here, then their median', async () => {
    expect(await speedOf(objects)).toEqual({ cpuUs: 235, backfills: 0 });
    await report('small', 19_999, 900);
    await report('failed', 50_000, 900, { Error: 'x' });
    await report('uncounted', 50_000, undefined);
    expect(await speedOf(objects)).toEqual({ cpuUs: 235, backfills: 0 });
    for (const [id, us] of [
      ['old', 999],
      ['a', 300],
      ['b', 100],
      ['c', 120],
      ['d', 110],
      ['e', 105],
    ] as const)
      await report(id, 20_000, us);
    expect(await speedOf(objects)).toEqual({ cpuUs: 110, backfills: 5 });
  });
});

test.each([
  [1, 100, 1],
  [50_000, 100, 1],
  [50_001, 100, 2],
  // A quarter of fifteen minutes is 22,500 records at 10 ms each.
  [50_000, 10_000, 3],
])('%i records at %i us are %i slices: by memory, or by the time of a call', (events, cpuUs, slices) => {
  expect(slicesOf(events, STEP_SIZES, { cpuUs, backfills: 0 })).toBe(slices);
});
