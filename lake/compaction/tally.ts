import { hash } from 'node:crypto';
import type { Tally } from '../generations/manifest.ts';
import { type Column, type ColumnType, identityOf, type TableSchema } from '../schema.ts';
import { quoteName } from '../sql-text.ts';

/** Joins the values of an id, and stands for one that is not there: no text of an event holds either. */
const SEPARATOR = '\u001f';
const ABSENT = '\u0000';
/** Doubles are summed in thousandths, rounded down: sums of whole numbers do not depend on the order. */
const DOUBLE_SCALE = 1_000;

/** SELECT of the tally of a relation that has the table's columns: one row with `rows`, `ids`, and a column for each column. */
export function tallySql(table: TableSchema, relation: string): string {
  const columns = table.columns.map(({ name, type }) => {
    const column = quoteName(name);
    return `count(${column}) || ':' || coalesce(${measureSql(type, column)}, 0)::VARCHAR`;
  });
  return `SELECT count(*)::DOUBLE, ${idsSql(table)}${columns.map((one) => `, ${one}`).join('')} FROM ${relation}`;
}

/**
 * SELECT of the number of rows of a relation, the number of different ids, their checksum, and the greatest value of the partition
 * column, epoch ms.
 */
export function distinctSql(table: TableSchema, relation: string): string {
  const identity = identityOf(table).map(quoteName).join(', ');
  const newest = `epoch_ms(max(${quoteName(table.partitionColumn)}))`;
  return `SELECT sum(n)::DOUBLE, count(*)::DOUBLE, ${idsSql(table)}, ${newest}::DOUBLE FROM (SELECT ${identity}, count(*) AS n FROM ${relation} GROUP BY ${identity})`;
}

/** The tally of no rows. */
export function emptyTally(table: TableSchema): Tally {
  return new TallyCounter(table).tally();
}

/** The tally of the rows of both. */
export function addTallies(a: Tally, b: Tally): Tally {
  const columns = Object.entries(a.columns).map(([name, one]) => [name, addSums(one, b.columns[name] ?? '0:0')]);
  return {
    rows: a.rows + b.rows,
    ids: String(BigInt(a.ids) + BigInt(b.ids)),
    columns: Object.fromEntries(columns) as Record<string, string>,
  };
}

/** Adds two texts `count:sum`, whose sums may have decimals. */
function addSums(a: string, b: string): string {
  const [countA = '0', sumA = '0'] = a.split(':');
  const [countB = '0', sumB = '0'] = b.split(':');
  const scale = Math.max(scaleOf(sumA), scaleOf(sumB));
  const sum = unscaled(sumA, scale) + unscaled(sumB, scale);
  return `${Number(countA) + Number(countB)}:${decimalText(sum, scale)}`;
}

function scaleOf(text: string): number {
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.length - point - 1;
}

function unscaled(text: string, scale: number): bigint {
  return BigInt(text.replace('.', '') + '0'.repeat(scale - scaleOf(text)));
}

/** The tally that the values of a row of `tallySql` say. */
export function tallyOf(table: TableSchema, [rows, ids, ...columns]: readonly unknown[]): Tally {
  return {
    rows: Number(rows),
    ids: String(ids),
    columns: Object.fromEntries(table.columns.map(({ name }, i) => [name, String(columns[i])])),
  };
}

function idsSql(table: TableSchema): string {
  const parts = identityOf(table).map((name) => {
    const text = `CAST(${columnOf(table, name).type === 'timestamp' ? `epoch_ms(${quoteName(name)})` : quoteName(name)} AS VARCHAR)`;
    return `coalesce(${text}, chr(0))`;
  });
  return `coalesce(sum(md5_number_lower(${parts.join(` || chr(31) || `)})), 0)::VARCHAR`;
}

function columnOf(table: TableSchema, name: string): Column {
  const column = table.columns.find((one) => one.name === name);
  if (column === undefined) throw new Error(`table ${table.name} has no column ${name}`);
  return column;
}

/** Sum of a column in whole numbers. */
function measureSql(type: ColumnType, column: string): string {
  if (typeof type === 'object') return `sum(CAST(${column} AS DECIMAL(38, ${type.decimal.scale})))`;
  switch (type) {
    case 'bigint':
    case 'integer':
      return `sum(${column})`;
    case 'double':
      return `sum(CAST(floor(${column} * ${DOUBLE_SCALE}) AS HUGEINT)) FILTER (isfinite(${column}))`;
    case 'boolean':
      return `count(*) FILTER (${column})`;
    case 'timestamp':
      return `sum(epoch_ms(${column}))`;
    case 'string':
      return `sum(strlen(${column}))`;
    case 'blob':
      return `sum(octet_length(${column}))`;
    case 'list<string>':
      return `sum(len(${column}) + strlen(array_to_string(${column}, '')))`;
  }
}

/** Values of a column as a Parquet reader gives them: integers and unscaled decimals as bigint or number, times as Date, bytes as Uint8Array. */
type Value = unknown;

/** Adds rows up in this process, from values that another reader decoded: the witness' side of a tally. */
export class TallyCounter {
  private readonly table: TableSchema;
  private readonly ids: { readonly name: string; readonly text: (value: Value) => string }[];
  private readonly sums = new Map<string, { count: number; sum: bigint }>();
  private rows = 0;
  private idSum = 0n;

  constructor(table: TableSchema) {
    this.table = table;
    this.ids = identityOf(table).map((name) => ({ name, text: idText(columnOf(table, name).type) }));
    for (const { name } of table.columns) this.sums.set(name, { count: 0, sum: 0n });
  }

  /** Adds some values of one column. */
  addColumn({ name, type }: Column, values: ArrayLike<Value>): void {
    const total = this.sums.get(name);
    if (total === undefined) throw new Error(`table ${this.table.name} has no column ${name}`);
    const measure = measureOf(type);
    let small = 0;
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i];
      if (value === null || value === undefined) continue;
      total.count += 1;
      const measured = measure(value);
      if (typeof measured === 'bigint') total.sum += measured;
      else small += measured;
      // Sums of numbers stay exact below 2^53; they are carried over long before.
      if (small > CARRY || small < -CARRY) {
        total.sum += BigInt(small);
        small = 0;
      }
    }
    total.sum += BigInt(small);
  }

  /** Adds the ids of some rows, given the values of the id columns by name. */
  addIds(columns: Readonly<Record<string, ArrayLike<Value>>>, rows: number): void {
    const parts = this.ids.map(({ name, text }) => ({ values: columns[name] ?? [], text }));
    for (let i = 0; i < rows; i += 1) {
      let id = '';
      for (const [at, { values, text }] of parts.entries()) {
        const value = values[i];
        id += (at === 0 ? '' : SEPARATOR) + (value === null || value === undefined ? ABSENT : text(value));
      }
      this.idSum += hash('md5', id, 'buffer').readBigUInt64LE(8);
    }
    this.rows += rows;
  }

  /** What was added so far. */
  tally(): Tally {
    const columns = [...this.sums].map(([name, { count, sum }]) => [name, `${count}:${sumText(columnOf(this.table, name).type, sum)}`]);
    return { rows: this.rows, ids: String(this.idSum), columns: Object.fromEntries(columns) as Record<string, string> };
  }
}

const CARRY = 2 ** 51;

function idText(type: ColumnType): (value: Value) => string {
  if (type === 'timestamp') return (value) => String((value as Date).getTime());
  if (typeof type === 'object') return (value) => decimalText(BigInt(value as bigint | number), type.decimal.scale);
  return String;
}

function sumText(type: ColumnType, sum: bigint): string {
  // The engine says 0 of no value at all, and spells decimals with their scale otherwise.
  return typeof type === 'object' ? decimalText(sum, type.decimal.scale) : String(sum);
}

function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function measureOf(type: ColumnType): (value: Value) => number | bigint {
  if (typeof type === 'object') return (value) => BigInt(value as bigint | number);
  switch (type) {
    case 'bigint':
      return (value) => value as number | bigint;
    case 'integer':
      return Number;
    case 'double':
      return (value) => (Number.isFinite(value) ? BigInt(Math.floor((value as number) * DOUBLE_SCALE)) : 0n);
    case 'boolean':
      return (value) => (value === true ? 1 : 0);
    case 'timestamp':
      return (value) => BigInt((value as Date).getTime());
    case 'string':
      return (value) => Buffer.byteLength(value as string);
    case 'blob':
      return (value) => (value as Uint8Array).byteLength;
    case 'list<string>':
      return (value) => (value as string[]).reduce((sum, item) => sum + Buffer.byteLength(item), (value as string[]).length);
  }
}

/** What differs between what went in and what the witness read, one text each; empty when they are equal. */
export function tallyDifferences(expected: Tally, read: Tally): string[] {
  const differences: string[] = [];
  if (expected.rows !== read.rows) differences.push(`rows ${expected.rows} in, ${read.rows} read back`);
  if (expected.ids !== read.ids) differences.push(`checksum of ids ${expected.ids} in, ${read.ids} read back`);
  for (const [name, sum] of Object.entries(expected.columns))
    if (read.columns[name] !== sum) differences.push(`column ${name} ${sum} in, ${read.columns[name] ?? 'nothing'} read back`);
  return differences;
}
