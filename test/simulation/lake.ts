import type { Delivery, Row, TableRows } from '../../core/ports.ts';
import type { TableSchema } from '../../lake/schema.ts';
import type { Actor } from './actor.ts';

/** Everything that was ever delivered, repeats included, and what the views show of it. */
export class SimLake {
  private readonly landed = new Map<string, Row[]>();

  deliver(batch: readonly TableRows[]): void {
    for (const { table, rows } of batch) {
      const known = this.landed.get(table) ?? [];
      this.landed.set(table, known);
      // As text: a row that is changed after its delivery would change what landed.
      for (const row of rows) known.push(JSON.parse(JSON.stringify(row)) as Row);
    }
  }

  /** The lake as an instance sees it. */
  seenBy(actor: Actor): Delivery {
    return {
      deliver: (batch) => {
        const copy = JSON.parse(JSON.stringify(batch)) as TableRows[];
        return actor.call('deliver', {
          whole: () => this.deliver(copy),
          part: () => this.deliver(copy.slice(0, Math.ceil(copy.length / 2))),
        });
      },
    };
  }

  rows(table: string): readonly Row[] {
    return this.landed.get(table) ?? [];
  }

  /** Rows of a table as its view shows them: of those with one id and time the accepted one, then the first in the stream. */
  view({ name, idColumns, partitionColumn }: TableSchema): Row[] {
    const shown = new Map<string, Row>();
    for (const row of this.rows(name)) {
      const id = JSON.stringify([row[partitionColumn], ...idColumns.map((column) => row[column])]);
      const before = shown.get(id);
      if (before === undefined || isPreferred(row, before)) shown.set(id, row);
    }
    return [...shown.values()];
  }

  /** Ids of rows that were delivered twice with different content for one place in the stream, or one window. */
  conflicts({ name, idColumns }: TableSchema): string[] {
    const seen = new Map<string, string>();
    const conflicts = new Set<string>();
    for (const row of this.rows(name)) {
      const place = [row['shard_id'], row['sequence'], row['sub_sequence']];
      const id = JSON.stringify([...idColumns.map((column) => row[column]), ...place]);
      const text = JSON.stringify(row);
      if ((seen.get(id) ?? text) !== text) conflicts.add(`${name} ${id}`);
      seen.set(id, text);
    }
    return [...conflicts];
  }
}

function isPreferred(row: Row, before: Row): boolean {
  const rank = (one: Row): [number, string, number] => [
    one['lane'] === 'accepted' ? 0 : 1,
    String(one['sequence']).padStart(56, '0'),
    Number(one['sub_sequence'] ?? 0),
  ];
  const [a, b] = [rank(row), rank(before)];
  return a[0] - b[0] < 0 || (a[0] === b[0] && (a[1] < b[1] || (a[1] === b[1] && a[2] < b[2])));
}
