import { describe, expect, test } from 'vitest';
import type { PartitionCatalogue } from '../../../core/ports.ts';
import { createRegisterPartitions } from '../../../functions/register-partitions/handler.ts';
import { landedHourOf } from '../../../functions/register-partitions/hours.ts';
import { MemoryCatalogue } from '../../../local/catalogue/memory.ts';

const TICK = { 'detail-type': 'Scheduled Event' };
const created = (key: string) => ({ 'detail-type': 'Object Created', detail: { object: { key } } });

function open(nowText: string, catalogue: PartitionCatalogue = new MemoryCatalogue(), keptDays?: number) {
  const unknown: string[] = [];
  let nowMs = Date.parse(nowText);
  const calls: string[] = [];
  const register = createRegisterPartitions({
    catalogue: {
      register: (table, partitions) => {
        calls.push(`${table} ${partitions.map(({ dt, hour }) => `${dt}T${hour}`).join(' ')}`);
        return catalogue.register(table, partitions);
      },
      swap: (table, partition) => catalogue.swap(table, partition),
      remove: (table, hours) => catalogue.remove(table, hours),
      list: (table, from, to) => catalogue.list(table, from, to),
    },
    tables: [{ name: 'archive' }, { name: 'transactions' }, ...(keptDays === undefined ? [] : [{ name: 'short', keptDays }])],
    clock: () => nowMs,
    onUnknown: (key) => unknown.push(key),
  });
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { register, catalogue, unknown, calls, pass };
}

describe('a tick', () => {
  test('registers the current hour and the next three of every table, past midnight too', async () => {
    const { register, catalogue } = open('2026-12-31T22:59:59.999Z');
    expect(await register(TICK)).toBe(8);
    const folders = (await catalogue.list('transactions', '2026-12-31', '2027-01-01')).map(({ folder }) => folder);
    expect(folders).toEqual([
      'transactions/landing/dt=2026-12-31/hour=22/',
      'transactions/landing/dt=2026-12-31/hour=23/',
      'transactions/landing/dt=2027-01-01/hour=00/',
      'transactions/landing/dt=2027-01-01/hour=01/',
    ]);
    expect(await catalogue.list('archive', '2026-12-31', '2027-01-01')).toHaveLength(4);
  });

  test('adds one hour an hour later', async () => {
    const { register, calls, pass } = open('2026-01-05T10:00:00Z');
    await register(TICK);
    pass(3_600_000);
    expect(await register(TICK)).toBe(2);
    expect(calls.slice(2)).toEqual(['archive 2026-01-05T14', 'transactions 2026-01-05T14']);
  });

  test('leaves the folder of an hour that was swapped to a generation', async () => {
    const { register, catalogue } = open('2026-01-05T10:00:00Z');
    await catalogue.register('archive', [{ dt: '2026-01-05', hour: '10', folder: 'archive/gen=1/dt=2026-01-05/hour=10/' }]);
    expect(await register(TICK)).toBe(7);
    expect((await catalogue.list('archive', '2026-01-05', '2026-01-05'))[0]?.folder).toBe('archive/gen=1/dt=2026-01-05/hour=10/');
  });

  test('of which one table fails registers the others, fails, and is whole the next time', async () => {
    const memory = new MemoryCatalogue();
    let isDown = true;
    const { register } = open('2026-01-05T10:00:00Z', {
      register: async (table, partitions) => {
        if (isDown && table === 'archive') throw new Error('no');
        return memory.register(table, partitions);
      },
      swap: (table, partition) => memory.swap(table, partition),
      remove: (table, hours) => memory.remove(table, hours),
      list: (table, from, to) => memory.list(table, from, to),
    });
    await expect(register(TICK)).rejects.toThrow('no');
    expect(await memory.list('transactions', '2026-01-05', '2026-01-05')).toHaveLength(4);
    isDown = false;
    expect(await register(TICK)).toBe(4);
  });
});

describe('a landing object', () => {
  test('registers its hour, its keys encoded or not, and costs no second call', async () => {
    const { register, catalogue, calls } = open('2026-01-05T10:00:00Z');
    expect(await register(created('lake/transactions/landing/dt=2025-11-02/hour=07/one-2-2026-01-05-x.parquet'))).toBe(1);
    expect(await register(created('lake/transactions/landing/dt%3D2025-11-02/hour%3D08/one+two.parquet'))).toBe(1);
    expect(await register(created('lake/transactions/landing/dt%3D2025-11-02/hour%3D07/other'))).toBe(0);
    expect(calls).toHaveLength(2);
    expect((await catalogue.list('transactions', '2025-11-02', '2025-11-02')).map(({ hour }) => hour)).toEqual(['07', '08']);
  });

  test('of no table, and any other object, is passed over and told of', async () => {
    const { register, unknown, calls } = open('2026-01-05T10:00:00Z');
    const keys = [
      'lake/strangers/landing/dt=2026-01-05/hour=07/a.parquet',
      'lake/archive/gen=1/dt=2026-01-05/hour=07/a.parquet',
      'archive/landing/dt=2026-01-05/hour=07/a.parquet',
      'lake/archive/landing/dt=2026-02-30/hour=07/a.parquet',
      'lake/archive/landing/dt=2026-01-05/hour=24/a.parquet',
      'lake/archive/landing/dt=2026-01-05/hour=07/',
      'lake/archive/landing/dt=%zz',
    ];
    for (const key of keys) expect(await register(created(key))).toBe(0);
    expect(unknown).toEqual(keys);
    expect(calls).toEqual([]);
  });

  test('of an hour that has left its table registers nothing; until then it does', async () => {
    const { register, calls, pass } = open('2026-01-13T10:59:59.999Z', new MemoryCatalogue(), 8);
    expect(await register(created('lake/short/landing/dt=2026-01-05/hour=10/a'))).toBe(1);
    pass(1);
    expect(await register(created('lake/short/landing/dt=2026-01-05/hour=10/b'))).toBe(0);
    expect(await register(created('lake/short/landing/dt=2026-01-05/hour=09/c'))).toBe(0);
    expect(await register(created('lake/archive/landing/dt=2026-01-05/hour=09/c'))).toBe(1);
    expect(calls).toEqual(['short 2026-01-05T10', 'archive 2026-01-05T09']);
  });

  test('whose registration fails is tried again by the next one', async () => {
    const memory = new MemoryCatalogue();
    let isDown = true;
    const { register } = open('2026-01-05T10:00:00Z', {
      register: async (table, partitions) => {
        if (isDown) throw new Error('no');
        return memory.register(table, partitions);
      },
      swap: (table, partition) => memory.swap(table, partition),
      remove: (table, hours) => memory.remove(table, hours),
      list: (table, from, to) => memory.list(table, from, to),
    });
    await expect(register(created('lake/archive/landing/dt=2026-01-05/hour=07/a'))).rejects.toThrow('no');
    isDown = false;
    expect(await register(created('lake/archive/landing/dt=2026-01-05/hour=07/b'))).toBe(1);
  });
});

test('an hour of the year 1970 is an hour like any other', () => {
  expect(landedHourOf('lake/archive/landing/dt=1970-01-01/hour=00/a')?.partition).toEqual({
    dt: '1970-01-01',
    hour: '00',
    folder: 'archive/landing/dt=1970-01-01/hour=00/',
  });
});
