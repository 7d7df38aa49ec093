import type { FieldSpec } from '../definition/fields.ts';
import type { EventTypeSpec, Pipeline } from '../definition/pipeline.ts';
import type { Event, FieldValue } from '../model.ts';

/** Different texts of a column up to which each is kept once; a column with more is one of ids. */
const TEXTS_MAX = 65_536;

/** Many events in little memory: a column for each field of each type. Rows are numbered in the order in which events came. */
export class EventColumns {
  private readonly tables: readonly TypeColumns[];
  private readonly places = new Map<string, number>();
  private readonly types: number[] = [];
  private readonly rows: number[] = [];
  private readonly pipeline: Pipeline;

  constructor(pipeline: Pipeline) {
    this.pipeline = pipeline;
    this.tables = Object.entries(pipeline.eventTypes).map(([name, spec]) => new TypeColumns(name, spec));
    for (const [place, { name }] of this.tables.entries()) this.places.set(name, place);
  }

  /** Number of rows. */
  get count(): number {
    return this.rows.length;
  }

  /** Keeps an event of one of the pipeline's types; its row. */
  add(event: Event): number {
    const place = this.places.get(event.type);
    const table = place === undefined ? undefined : this.tables[place];
    if (place === undefined || table === undefined) throw new Error(`event type ${event.type} is not in the pipeline`);
    this.types.push(place);
    return this.rows.push(table.add(event)) - 1;
  }

  /** The event of a row, made anew; an optional field that it did not have is undefined, or missing like in all others. */
  at(row: number): Event {
    return this.tableOf(row).at(this.rows[row] as number);
  }

  /** Makes events of rows with some of their fields only, which is faster; time, id and key are always there. */
  reader(fields: ReadonlySet<string>): (row: number) => Event {
    const readers = this.tables.map((table) => table.reader(fields));
    return (row) => (readers[this.types[row] as number] as (row: number) => Event)(this.rows[row] as number);
  }

  /** The same events in another order: that of the rows of these. They are gone from here. */
  reordered(rows: Uint32Array): EventColumns {
    const other = new EventColumns(this.pipeline);
    const ofType = this.tables.map((): number[] => []);
    for (const row of rows) {
      const type = this.types[row] as number;
      other.types.push(type);
      other.rows.push((ofType[type] as number[]).push(this.rows[row] as number) - 1);
    }
    for (const [type, table] of this.tables.entries()) other.tables[type]?.takeFrom(table, ofType[type] ?? []);
    this.types.length = 0;
    this.rows.length = 0;
    return other;
  }

  /** Event time of a row, epoch ms. */
  timeOf(row: number): number {
    return this.valueOf(row, 'event_time') as number;
  }

  /** Name of a row's type. */
  typeOf(row: number): string {
    return this.tableOf(row).name;
  }

  /** One field of a row. */
  valueOf(row: number, field: string): FieldValue | undefined {
    return this.tableOf(row).valueOf(this.rows[row] as number, field);
  }

  private tableOf(row: number): TypeColumns {
    return this.tables[this.types[row] as number] as TypeColumns;
  }
}

interface Column {
  readonly name: string;
  readonly isNumber: boolean;
  /** NaN stands for an absent number. */
  values: (FieldValue | undefined)[];
  readonly texts: Map<string, string>;
}

/** Makes the values of a row. */
type Values = (row: number) => Record<string, FieldValue>;

class TypeColumns {
  readonly name: string;
  private readonly key: string;
  private readonly columns: readonly Column[];
  private readonly byName: ReadonlyMap<string, Column>;
  private all: ((row: number) => Event) | undefined;
  private count = 0;

  constructor(name: string, { key, fields }: EventTypeSpec) {
    this.name = name;
    this.key = key;
    this.columns = Object.entries(fields).map(([field, { kind }]): Column => {
      return { name: field, isNumber: isNumber(kind), values: [], texts: new Map() };
    });
    this.byName = new Map(this.columns.map((column) => [column.name, column]));
  }

  add({ values }: Event): number {
    for (const column of this.columns) {
      const value = values[column.name];
      // What no event has had yet needs no column.
      if (value === undefined && column.values.length === 0) continue;
      if (column.values.length < this.count) this.fill(column);
      column.values.push(stored(column, value));
    }
    this.count += 1;
    return this.count - 1;
  }

  /** Takes over some rows of a table of the same type, column by column. */
  takeFrom(other: TypeColumns, rows: readonly number[]): void {
    for (const [i, from] of other.columns.entries()) {
      const column = this.columns[i];
      if (column !== undefined && from.values.length > 0) column.values = rows.map((row) => from.values[row]);
      from.values = [];
    }
    this.count = rows.length;
  }

  private fill(column: Column): void {
    while (column.values.length < this.count) column.values.push(column.isNumber ? Number.NaN : undefined);
    this.all = undefined;
  }

  at(row: number): Event {
    this.all ??= this.reader(new Set(this.columns.map(({ name }) => name)));
    return this.all(row);
  }

  reader(fields: ReadonlySet<string>): (row: number) => Event {
    const { name: type, key } = this;
    const always = ['event_id', 'event_time', key];
    const wanted = this.columns.filter(({ name, values }) => values.length > 0 && (fields.has(name) || always.includes(name)));
    const valuesAt = compileValues(wanted);
    return (row) => {
      const values = valuesAt(row);
      return { type, id: values['event_id'] as string, timeMs: values['event_time'] as number, key: String(values[key]), values };
    };
  }

  valueOf(row: number, field: string): FieldValue | undefined {
    const value = this.byName.get(field)?.values[row];
    return Number.isNaN(value) ? undefined : value;
  }
}

function isNumber(kind: FieldSpec['kind']): boolean {
  return kind !== 'string' && kind !== 'currency' && kind !== 'boolean';
}

function stored({ isNumber: isNumeric, texts }: Column, value: FieldValue | undefined): FieldValue | undefined {
  if (isNumeric) return value ?? Number.NaN;
  if (typeof value !== 'string' || texts.size >= TEXTS_MAX) return value;
  const known = texts.get(value);
  if (known === undefined) texts.set(value, value);
  return known ?? value;
}

/** An object literal, so that the values of all rows have one hidden class, which filling an object field by field would look up each time. */
function compileValues(columns: readonly Column[]): Values {
  const cells = columns.map(({ name, isNumber: isNumeric }, i) => {
    return `${JSON.stringify(name)}: ${isNumeric ? `(n = c${i}[row], n === n ? n : undefined)` : `c${i}[row]`}`;
  });
  const make = new Function(...columns.map((_, i) => `c${i}`), `'use strict'; let n; return (row) => ({ ${cells.join(', ')} });`);
  return make(...columns.map(({ values }) => values)) as Values;
}
