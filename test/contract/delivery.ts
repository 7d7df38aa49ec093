import { describe, expect, test } from 'vitest';
import type { Delivery, Row } from '../../core/ports.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { kindsRow, kindsRows, kindsTable } from './kinds-table.ts';

/** A delivery under test and a way to see what arrived. */
export interface DeliveryUnderTest {
  readonly delivery: Delivery;
  /** Every row that has arrived in a table, repeats included, in any order. */
  arrived(table: TableSchema): Promise<readonly Row[]>;
}

const otherTable: TableSchema = { ...kindsTable, name: 'other' };

/** Tables that a delivery under test must know. */
export const DELIVERY_TABLES: readonly TableSchema[] = [kindsTable, otherTable];

/** What every delivery must do; `open` gives one that nothing was delivered to. */
export function deliveryContract(name: string, open: () => Promise<DeliveryUnderTest>): void {
  const sorted = (rows: readonly Row[]): Row[] =>
    [...rows].sort((a, b) => String(a['id']).localeCompare(String(b['id']), 'en', { numeric: true }));

  describe(`delivery: ${name}`, () => {
    test('every row arrives in its table with every value as it was', async () => {
      const { delivery, arrived } = await open();
      await delivery.deliver([{ table: 'kinds', rows: kindsRows(0, 120) }]);
      await delivery.deliver([
        { table: 'other', rows: kindsRows(0, 3) },
        { table: 'kinds', rows: kindsRows(120, 200) },
      ]);
      expect(sorted(await arrived(kindsTable))).toEqual(kindsRows(0, 200));
      expect(sorted(await arrived(otherTable))).toEqual(kindsRows(0, 3));
    });

    test('a row delivered again may arrive again, never changed', async () => {
      const { delivery, arrived } = await open();
      for (let i = 0; i < 2; i += 1) await delivery.deliver([{ table: 'kinds', rows: [kindsRow(1)] }]);
      const rows = await arrived(kindsTable);
      expect(rows.length).toBeGreaterThanOrEqual(1);
      for (const row of rows) expect(row).toEqual(kindsRow(1));
    });

    test('a batch without rows is fine', async () => {
      const { delivery, arrived } = await open();
      await delivery.deliver([]);
      await delivery.deliver([{ table: 'kinds', rows: [] }]);
      expect(await arrived(kindsTable)).toEqual([]);
    });

    test('later changes of the caller to its rows do not reach what was delivered', async () => {
      const { delivery, arrived } = await open();
      const row: Record<string, Row[string]> = { ...kindsRow(1) };
      await delivery.deliver([{ table: 'kinds', rows: [row] }]);
      row['text'] = 'changed';
      expect(await arrived(kindsTable)).toEqual([kindsRow(1)]);
    });
  });
}
