import { DuckDBArrayValue, DuckDBListValue, DuckDBMapValue, DuckDBStructValue, type DuckDBValue } from '@duckdb/node-api';
import * as arrow from 'apache-arrow';
import { type ColumnKind, dataOf } from './column.ts';

/** Lists of any length. */
export function listKind(item: ColumnKind): ColumnKind {
  const type = new arrow.List(new arrow.Field('item', item.type, true));
  const build = (values: readonly DuckDBValue[]): arrow.Data => {
    const { valueOffsets, items } = flat(values, (value) => (value instanceof DuckDBListValue ? value.items : []));
    return dataOf(type, values, { valueOffsets, child: item.build(items) });
  };
  return { type, build };
}

/** Lists of one length. */
export function arrayKind(item: ColumnKind, length: number): ColumnKind {
  const type = new arrow.FixedSizeList(length, new arrow.Field('item', item.type, true));
  const nulls: readonly null[] = new Array<null>(length).fill(null);
  const build = (values: readonly DuckDBValue[]): arrow.Data => {
    // A null takes the place of its items all the same.
    const { items } = flat(values, (value) => (value instanceof DuckDBArrayValue ? value.items : nulls));
    return dataOf(type, values, { child: item.build(items) });
  };
  return { type, build };
}

/** Structs; a null struct has null fields. */
export function structKind(names: readonly string[], kinds: readonly ColumnKind[]): ColumnKind {
  const type = new arrow.Struct(kinds.map((kind, i) => new arrow.Field(names[i] ?? '', kind.type, true)));
  const build = (values: readonly DuckDBValue[]): arrow.Data => {
    const field = (name: string): DuckDBValue[] =>
      values.map((value) => (value instanceof DuckDBStructValue ? (value.entries[name] ?? null) : null));
    return dataOf(type, values, { children: kinds.map((kind, i) => kind.build(field(names[i] ?? ''))) });
  };
  return { type, build };
}

/** Maps, their entries in the order of the engine. */
export function mapKind(key: ColumnKind, held: ColumnKind): ColumnKind {
  const entries = new arrow.Struct([new arrow.Field('key', key.type, false), new arrow.Field('value', held.type, true)]);
  const type = new arrow.Map_(new arrow.Field('entries', entries, false));
  const build = (values: readonly DuckDBValue[]): arrow.Data => {
    const { valueOffsets, items } = flat(values, (value) => (value instanceof DuckDBMapValue ? value.entries : []));
    const children = [key.build(items.map((entry) => entry.key)), held.build(items.map((entry) => entry.value))];
    const child = arrow.makeData({ type: entries, length: items.length, nullCount: 0, children });
    return dataOf(type, values, { valueOffsets, child });
  };
  return { type, build };
}

/** Items of all values in one row, and where those of each value begin. */
function flat<T>(values: readonly DuckDBValue[], itemsOf: (value: DuckDBValue) => readonly T[]): { valueOffsets: Int32Array; items: T[] } {
  const valueOffsets = new Int32Array(values.length + 1);
  const items: T[] = [];
  for (const [i, value] of values.entries()) {
    for (const item of itemsOf(value)) items.push(item);
    valueOffsets[i + 1] = items.length;
  }
  return { valueOffsets, items };
}
