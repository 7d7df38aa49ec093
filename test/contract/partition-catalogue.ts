import { describe, expect, test } from 'vitest';
import type { PartitionCatalogue, TablePartition } from '../../core/ports.ts';

/** Tables that a catalogue under test must know. */
export const CATALOGUE_TABLES = ['kinds', 'other'] as const;

/** What every catalogue must do; `open` gives one without registered hours. */
export function partitionCatalogueContract(name: string, open: () => Promise<PartitionCatalogue>): void {
  const landing = (dt: string, hour: string): TablePartition => ({ dt, hour, folder: `kinds/landing/dt=${dt}/hour=${hour}/` });
  const published = (dt: string, hour: string, generation: number): TablePartition => ({
    dt,
    hour,
    folder: `kinds/gen=${generation}/dt=${dt}/hour=${hour}/`,
  });
  const ALL = ['0000-01-01', '9999-12-31'] as const;

  describe(`partition catalogue: ${name}`, () => {
    test('registered hours are listed in order of time, for the days asked for, table by table', async () => {
      const catalogue = await open();
      const hours = [landing('2026-03-02', '00'), landing('2026-03-01', '10'), landing('2026-03-01', '09'), landing('2026-02-28', '23')];
      expect(await catalogue.register('kinds', hours)).toBe(4);
      expect(await catalogue.list('kinds', '2026-03-01', '2026-03-01')).toEqual([landing('2026-03-01', '09'), landing('2026-03-01', '10')]);
      expect((await catalogue.list('kinds', ...ALL)).map(({ dt, hour }) => `${dt} ${hour}`)).toEqual([
        '2026-02-28 23',
        '2026-03-01 09',
        '2026-03-01 10',
        '2026-03-02 00',
      ]);
      expect(await catalogue.list('other', ...ALL)).toEqual([]);
    });

    test('registering again changes nothing, not even a folder that was swapped', async () => {
      const catalogue = await open();
      await catalogue.register('kinds', [landing('2026-03-01', '09')]);
      expect(await catalogue.swap('kinds', published('2026-03-01', '09', 1))).toBe(true);
      expect(await catalogue.register('kinds', [landing('2026-03-01', '09'), landing('2026-03-01', '10')])).toBe(1);
      expect(await catalogue.list('kinds', ...ALL)).toEqual([published('2026-03-01', '09', 1), landing('2026-03-01', '10')]);
      expect(await catalogue.register('kinds', [])).toBe(0);
    });

    test('an hour named twice in one call is registered once', async () => {
      const catalogue = await open();
      expect(await catalogue.register('kinds', [landing('2026-03-01', '09'), landing('2026-03-01', '09')])).toBe(1);
    });

    test('many hours at once are all registered', async () => {
      const catalogue = await open();
      const hours = Array.from({ length: 250 }, (_, i) => {
        const at = new Date(Date.parse('2026-01-01T00:00:00Z') + i * 3_600_000).toISOString();
        return landing(at.slice(0, 10), at.slice(11, 13));
      });
      expect(await catalogue.register('kinds', hours)).toBe(250);
      expect(await catalogue.register('kinds', hours)).toBe(0);
      expect(await catalogue.list('kinds', ...ALL)).toEqual(hours);
    });

    test('an hour that is not registered is not swapped', async () => {
      const catalogue = await open();
      expect(await catalogue.swap('kinds', published('2026-03-01', '09', 1))).toBe(false);
      expect(await catalogue.list('kinds', ...ALL)).toEqual([]);
    });

    test('an hour that is taken out is gone, wherever it pointed; the others stay, and it may come back', async () => {
      const catalogue = await open();
      await catalogue.register('kinds', [landing('2026-03-01', '09'), landing('2026-03-01', '10'), landing('2026-03-02', '09')]);
      await catalogue.register('other', [landing('2026-03-01', '09')]);
      await catalogue.swap('kinds', published('2026-03-01', '09', 1));
      await catalogue.remove('kinds', [published('2026-03-01', '09', 1), landing('2026-03-02', '09')]);
      expect(await catalogue.list('kinds', ...ALL)).toEqual([landing('2026-03-01', '10')]);
      expect(await catalogue.list('other', ...ALL)).toEqual([landing('2026-03-01', '09')]);
      expect(await catalogue.swap('kinds', published('2026-03-01', '09', 2))).toBe(false);
      expect(await catalogue.register('kinds', [landing('2026-03-01', '09')])).toBe(1);
    });

    test('taking out what is not there changes nothing, beside hours that are there and by itself', async () => {
      const catalogue = await open();
      await catalogue.register('kinds', [landing('2026-03-01', '09'), landing('2026-03-01', '10')]);
      await catalogue.remove('kinds', [landing('2026-03-01', '08'), landing('2026-03-01', '09')]);
      await catalogue.remove('kinds', [landing('2026-03-01', '09')]);
      await catalogue.remove('kinds', []);
      expect(await catalogue.list('kinds', ...ALL)).toEqual([landing('2026-03-01', '10')]);
    });

    test('many hours at once are all taken out', async () => {
      const catalogue = await open();
      const hours = Array.from({ length: 60 }, (_, i) => landing(`2026-03-0${1 + Math.floor(i / 24)}`, String(i % 24).padStart(2, '0')));
      await catalogue.register('kinds', hours);
      await catalogue.remove('kinds', hours);
      expect(await catalogue.list('kinds', ...ALL)).toEqual([]);
    });

    test('of concurrent registrations of an hour one makes it', async () => {
      const catalogue = await open();
      const made = await Promise.all(Array.from({ length: 6 }, () => catalogue.register('kinds', [landing('2026-03-01', '09')])));
      expect(made.reduce((sum, one) => sum + one, 0)).toBe(1);
    });
  });
}
