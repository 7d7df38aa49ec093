import { describe, expect, test } from 'vitest';
import { distinct } from '../../../core/definition/measures.ts';
import { hopping } from '../../../core/definition/windows.ts';
import { ReceiptBook } from '../../../lake/erasure/receipts.ts';
import { sketchedHours, sketchHours } from '../../../lake/erasure/sketches.ts';
import { FolderObjectStore } from '../../../local/objects/folder.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';
import { testFolder } from '../../local/folder.ts';

const subject = { field: 'customer_id', types: new Set(['transaction', 'label']) };
const MASKED = [
  { table: 'transactions', dt: '2026-01-05', hour: '00' },
  { table: 'labels', dt: '2026-01-07', hour: '05' },
  { table: 'decisions', dt: '2026-01-08', hour: '05' },
];
const aggregate = { description: 'Customers.', over: 'transaction', groupBy: [], measures: { customers: distinct('customer_id') } };
const withWindow = {
  ...pipeline,
  aggregates: {
    ...pipeline.aggregates,
    customers_3h: { ...aggregate, name: 'customers_3h', window: hopping(3 * 3_600_000, 3_600_000), groupBy: [] },
  },
};

describe('hours whose counts of keys may be sketches of erased ones', () => {
  test('are those of every window that a masked event is in', () => {
    const hours = sketchHours(withWindow, subject, MASKED).filter(({ table }) => table === 'customers_3h');
    expect(hours.map(({ dt, hour }) => `${dt} ${hour}`)).toEqual(['2026-01-04 22', '2026-01-04 23', '2026-01-05 00']);
  });

  test('are none of tables that count no keys', () => {
    const counting = Object.values(pipeline.aggregates).filter(({ measures }) =>
      Object.values(measures).some((one) => one.kind === 'distinct' && one.field === 'customer_id'),
    );
    const tables = new Set(sketchHours(pipeline, subject, MASKED).map(({ table }) => table));
    expect(tables).toEqual(new Set(counting.filter(({ window }) => window.kind !== 'session').map(({ name }) => name)));
  });

  test('are read from the receipts, with the measures they concern', async () => {
    const objects = new FolderObjectStore(testFolder());
    expect(await sketchedHours(objects, withWindow, 'customers_3h')).toBeUndefined();
    const sketches = sketchHours(withWindow, subject, MASKED);
    const receipt = {
      id: 'r',
      status: 'done',
      pipeline: 'payments',
      pseudonym: 'erased-x',
      by: 'b',
      begunAt: '2026',
      doneAt: '2026',
    } as const;
    await ReceiptBook.open(objects, {
      ...receipt,
      field: 'customer_id',
      partitions: [],
      sketches,
      filesRemoved: 0,
      stateItems: 0,
      remains: [],
    });
    const found = await sketchedHours(objects, withWindow, 'customers_3h');
    expect(found?.measures).toEqual(['customers']);
    expect([...(found?.hours ?? [])].map((at) => new Date(at).toISOString().slice(0, 13))).toEqual([
      '2026-01-04T22',
      '2026-01-04T23',
      '2026-01-05T00',
    ]);
  });
});
