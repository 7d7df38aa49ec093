import type { Delivery, Row, TableRows } from '../../core/ports.ts';

/** Delivered rows in memory, for tests; rows are kept as they would come back from JSON. */
export class MemoryDelivery implements Delivery {
  private readonly tables = new Map<string, Row[]>();

  async deliver(batch: readonly TableRows[]): Promise<void> {
    const copies = batch.map(({ table, rows }) => ({ table, rows: JSON.parse(JSON.stringify(rows)) as Row[] }));
    for (const { table, rows } of copies) {
      const known = this.tables.get(table);
      if (known === undefined) this.tables.set(table, rows);
      else for (const row of rows) known.push(row);
    }
  }

  /** Rows of a table in the order of delivery, repeats included. */
  rows(table: string): readonly Row[] {
    return this.tables.get(table) ?? [];
  }
}
