import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { setAside } from '../../../lake/compaction/aside.ts';
import { NOW_POLICY } from '../../../lake/compaction/plan.ts';
import { sweepTable } from '../../../lake/compaction/sweep.ts';
import { statusOf } from '../../../lake/status.ts';
import { kindsRows, kindsTable } from '../../contract/kinds-table.ts';
import { ALL, aging, DAY_MS, hoursOf, idsOf, KEPT_DAYS, keysOfHour, LATER, LIMIT_MS, MANIFEST, readCatalogue } from './aging.ts';
import { DoomedPorts, HOUR_MS, KEPT_MS, LakeWorld } from './world.ts';

describe('an hour that is as old as its table keeps rows', () => {
  test('leaves the table at that moment, not before; the next hour stays', async () => {
    const world = await aging();
    await world.land(kindsRows(25, 30));
    expect((await world.sweep()).dropped).toBe(0);
    const withNext = (ids: readonly string[]): string[] => [...ids, ...idsOf(25, 30)].sort();
    expect(await world.read()).toEqual({ ids: withNext(ALL), warnings: [] });
    world.nowMs = LIMIT_MS;
    expect((await world.sweep()).dropped).toBe(1);
    expect(await world.read()).toEqual({ ids: withNext(LATER), warnings: [] });
    expect(await hoursOf(world)).toEqual(['2026-03-01 01', '2026-03-03 02']);
    const status = await statusOf({ objects: world.store, files: world.store }, world.table, NOW_POLICY, world.nowMs);
    expect(status.map(({ hour }) => hour)).toEqual(['01', '02']);
  });

  test('is seen as of a moment before it left, and its files go once nobody can ask for it: the manifest too', async () => {
    const world = await aging();
    const files = await keysOfHour(world);
    world.nowMs = LIMIT_MS;
    await world.sweep();
    expect(await keysOfHour(world)).toEqual(files);
    expect(await world.read(LIMIT_MS - 1)).toEqual({ ids: ALL, warnings: [] });
    expect(await world.read(LIMIT_MS)).toEqual({ ids: LATER, warnings: [] });
    world.nowMs = LIMIT_MS + KEPT_MS + HOUR_MS - 1;
    await world.sweep();
    expect(await world.read(LIMIT_MS - 1)).toEqual({ ids: ALL, warnings: [] });
    world.nowMs += 1;
    expect(await world.sweep()).toMatchObject({ dropped: 0, filesRemoved: 2, landingRemoved: 2 });
    expect(await keysOfHour(world)).toEqual([]);
    expect(await hoursOf(world)).toEqual(['2026-03-03 02']);
  });

  test('leaves once: sweeps after the first change nothing', async () => {
    const world = await aging();
    world.nowMs = LIMIT_MS;
    await world.sweep();
    const bytes = readFileSync(join(world.lakeDir, MANIFEST), 'utf8');
    expect(await world.sweep()).toEqual({ dropped: 0, expired: 0, filesRemoved: 0, landingRemoved: 0, reconciled: 0 });
    expect(readFileSync(join(world.lakeDir, MANIFEST), 'utf8')).toBe(bytes);
  });

  test('leaves though its manifest was not written for longer than sweeps may be missed', async () => {
    const world = await aging();
    await world.compact();
    world.nowMs = LIMIT_MS - 1 + 2 * KEPT_MS;
    // All that landed is included for long: nothing but its age speaks for this hour.
    await sweepTable(world.ports(), kindsTable, KEPT_MS);
    expect((await keysOfHour(world)).some((key) => key.includes('landing'))).toBe(false);
    const longAgo = new Date(world.nowMs - 90 * DAY_MS);
    utimesSync(join(world.lakeDir, MANIFEST), longAgo, longAgo);
    expect((await world.sweep()).dropped).toBeGreaterThan(0);
    expect((await world.read()).ids).not.toContain('row-0');
  });

  test('leaves without ever having been compacted', async () => {
    const world = new LakeWorld({ ...kindsTable, keptDays: KEPT_DAYS });
    await world.land(kindsRows(0, 10));
    world.nowMs = LIMIT_MS;
    expect((await world.compact()).compacted).toEqual([]);
    expect((await world.sweep()).dropped).toBe(1);
    expect((await world.read()).ids).toEqual([]);
    world.nowMs += 2 * KEPT_MS;
    await world.sweep();
    expect(await world.keys()).toEqual([]);
  });

  test('leaves the catalogue also if no row ever came', async () => {
    const world = await aging();
    await world.catalogue.register('kinds', [
      { dt: '2026-02-28', hour: '23', folder: 'kinds/landing/dt=2026-02-28/hour=23/' },
      { dt: '2026-03-01', hour: '01', folder: 'kinds/landing/dt=2026-03-01/hour=01/' },
    ]);
    world.nowMs = LIMIT_MS;
    await world.sweep();
    expect(await hoursOf(world)).toEqual(['2026-03-01 01', '2026-03-03 02']);
  });

  test('takes what was set aside, and manifests that were mended, with it', async () => {
    const world = await aging();
    writeFileSync(join(world.lakeDir, MANIFEST), '{}');
    expect((await world.compact(world.ports(), true)).failed).toEqual([]);
    await world.land(kindsRows(20, 22));
    const landed = (await keysOfHour(world)).findLast((key) => key.includes('landing')) ?? '';
    await setAside({ objects: world.store, files: world.store }, landed);
    expect((await keysOfHour(world)).filter((key) => /damaged|aside/.test(key))).toHaveLength(2);
    world.nowMs = LIMIT_MS;
    await world.sweep();
    world.nowMs += 2 * KEPT_MS;
    await world.sweep();
    expect(await keysOfHour(world)).toEqual([]);
  });

  test('comes back, whole, if its table keeps rows longer before its files are gone; after that it does not', async () => {
    const world = await aging();
    world.nowMs = LIMIT_MS;
    await world.sweep();
    const longer = { ...kindsTable, keptDays: KEPT_DAYS + 10 };
    await sweepTable(world.ports(), longer, KEPT_MS);
    expect(await world.read()).toEqual({ ids: ALL, warnings: [] });
    expect(await hoursOf(world)).toEqual(['2026-03-01 00', '2026-03-03 02']);
    await world.sweep();
    world.nowMs += 2 * KEPT_MS;
    // Dies with the files half removed.
    const doom = new DoomedPorts(16, 'after');
    await world.sweep(world.ports(doom.around)).catch(() => undefined);
    expect(doom.hasDied).toBe(true);
    expect((await world.manifest()).dropped).toMatchObject({ isFinal: true });
    await sweepTable(world.ports(), { ...kindsTable, keptDays: KEPT_DAYS + 10 }, KEPT_MS);
    expect(await keysOfHour(world)).toEqual([]);
    expect((await world.read()).ids).toEqual(LATER);
  });
});

describe('an hour with a damaged manifest', () => {
  test('leaves at its age all the same', async () => {
    const world = await aging();
    writeFileSync(join(world.lakeDir, MANIFEST), '{"format":1');
    world.nowMs = LIMIT_MS;
    expect((await world.sweep()).dropped).toBe(1);
    expect(await world.read()).toEqual({ ids: LATER, warnings: [] });
    expect(await world.read(LIMIT_MS - 1)).toEqual({ ids: ALL, warnings: [] });
    world.nowMs += 2 * KEPT_MS;
    await world.sweep();
    expect(await keysOfHour(world)).toEqual([]);
  });

  test('of a later build stays: that build will know', async () => {
    const world = await aging();
    const path = join(world.lakeDir, MANIFEST);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"format": 1', '"format": 2'));
    const before = await keysOfHour(world);
    world.nowMs = LIMIT_MS;
    expect((await world.sweep()).dropped).toBe(0);
    expect(await keysOfHour(world)).toEqual(before);
    expect(await hoursOf(world)).toEqual(['2026-03-01 00', '2026-03-03 02']);
  });
});

describe('what meets an hour that leaves', () => {
  test('a compaction at work on it does not publish; what it wrote goes with the hour', async () => {
    const world = await aging();
    const run = await world.compact(
      world.ports((ports) => ({
        ...ports,
        writer: {
          clear: () => ports.writer.clear(),
          write: async (table, inputs) => {
            world.nowMs = LIMIT_MS;
            await world.sweep();
            return ports.writer.write(table, inputs);
          },
        },
      })),
    );
    expect(run.failed.map(({ error }) => String(error))).toEqual([expect.stringContaining('PARTITION_CHANGED')]);
    expect(await world.read()).toEqual({ ids: LATER, warnings: [] });
    expect(await readCatalogue(world)).toEqual(LATER);
    world.nowMs += KEPT_MS + HOUR_MS;
    await world.sweep();
    expect(await keysOfHour(world)).toEqual([]);
  });

  test('a file that lands late is not seen, not compacted, and goes with the hour', async () => {
    const world = await aging();
    world.nowMs = LIMIT_MS;
    await world.sweep();
    await world.land(kindsRows(20, 22));
    expect(await world.read()).toEqual({ ids: LATER, warnings: [] });
    const run = await world.compact();
    expect([run.compacted, run.failed, run.oldestWaitingMs]).toEqual([[], [], 0]);
    expect((await world.sweep()).dropped).toBe(0);
    world.nowMs += KEPT_MS + HOUR_MS;
    await world.sweep();
    expect(await keysOfHour(world)).toEqual([]);
  });

  test('a file that lands after all is gone leaves with the next sweep, and nothing goes round in circles', async () => {
    const world = await aging();
    world.nowMs = LIMIT_MS;
    await world.sweep();
    world.nowMs += KEPT_MS + HOUR_MS;
    await world.sweep();
    await world.land(kindsRows(20, 22));
    expect((await world.compact()).compacted).toEqual([]);
    expect((await world.sweep()).dropped).toBe(1);
    expect((await world.read()).ids).toEqual(LATER);
    expect((await world.sweep()).dropped).toBe(0);
    world.nowMs += KEPT_MS - HOUR_MS;
    await world.sweep();
    expect(await keysOfHour(world)).toHaveLength(2);
    world.nowMs += 2 * HOUR_MS;
    await world.sweep();
    expect(await keysOfHour(world)).toEqual([]);
  });

  test('a file that lands while files are being removed stays hidden, and the next sweep removes it', async () => {
    const world = await aging();
    world.nowMs = LIMIT_MS;
    await world.sweep();
    world.nowMs += KEPT_MS + HOUR_MS;
    let hasLanded = false;
    const late = 'kinds/landing/dt=2026-03-01/hour=00/late.parquet';
    const ports = world.ports((one) => ({
      ...one,
      objects: Object.assign(Object.create(one.objects) as typeof one.objects, {
        remove: async (key: string) => {
          if (!hasLanded) await world.store.put(late, readFileSync(join(world.lakeDir, (await keysOfHour(world))[0] ?? '')));
          hasLanded = true;
          await one.objects.remove(key);
        },
      }),
    }));
    await world.sweep(ports);
    expect(hasLanded).toBe(true);
    expect(await keysOfHour(world)).toEqual([late, MANIFEST]);
    expect((await world.read()).ids).toEqual(LATER);
    await world.sweep();
    expect(await keysOfHour(world)).toEqual([]);
  });
});
