import type { SqlResult } from '../../../local/sql/lake-sql.ts';
import type { SqlValue } from '../../../local/sql/values.ts';
import type { TrinoAnswer, TrinoValue } from './client.ts';

/** An answer in the form in which both engines' answers are compared. */
export interface Answer {
  readonly columns: readonly { readonly name: string; readonly kind: string }[];
  readonly rows: readonly (readonly Value[])[];
}

/** Decimals, times and integers past 2^53 are text; lists are JSON text. */
export type Value = string | number | boolean | null;

/** A statement that both engines answer. */
export interface Statement {
  readonly name: string;
  readonly sql: string;
  /** False where the text says nothing about the order of rows. */
  readonly isOrdered: boolean;
  /** Columns that the engines only estimate. */
  readonly estimates: readonly string[];
}

/** How far estimates may lie apart, as a share of the greater one. */
export const ESTIMATE_TOLERANCE = 0.05;

const DIFFERENCES_MAX = 3;
const INTEGERS = ['tinyint', 'smallint', 'integer', 'bigint', 'hugeint'];

/** Columns of a query whose value is estimated: those of lines that call an approx_ function. */
export function estimatesOf(sql: string): string[] {
  return sql.split('\n').flatMap((line) => (/\bapprox_\w+\(/.test(line) ? (/ AS (\w+),?$/.exec(line.trimEnd())?.[1] ?? []) : []));
}

/** An answer of Trino. */
export function trinoAnswer({ columns, rows }: TrinoAnswer): Answer {
  const kinds = columns.map(({ type }) => kindOf(type));
  return {
    columns: columns.map(({ name }, i) => ({ name, kind: kinds[i] ?? '' })),
    rows: rows.map((row) => row.map((value, i) => plain(value, kinds[i] ?? ''))),
  };
}

/** An answer of the engine on this machine. */
export function localAnswer({ columns, rows }: SqlResult): Answer {
  const kinds = columns.map(({ type }) => kindOf(type));
  return {
    columns: columns.map(({ name }, i) => ({ name, kind: kinds[i] ?? '' })),
    rows: rows.map((row) => row.map((value, i) => plain(value, kinds[i] ?? ''))),
  };
}

/** What differs between two answers to one statement, in words; none when they are equal. */
export function differencesOf({ isOrdered, estimates }: Statement, one: Answer, other: Answer): string[] {
  const columns = [one, other].map((answer) => answer.columns.map(({ name, kind }) => `${name} ${kind}`).join(', '));
  if (columns[0] !== columns[1]) return [`columns: ${columns.join(' against ')}`];
  if (one.rows.length !== other.rows.length) return [`rows: ${one.rows.length} against ${other.rows.length}`];
  const estimated = one.columns.map(({ name }) => estimates.includes(name));
  const [left, right] = [one, other].map(({ rows }) => (isOrdered ? rows : inOneOrder(rows)));
  const differences: string[] = [];
  for (const [i, row] of (left ?? []).entries()) {
    const against = right?.[i] ?? [];
    if (row.every((value, at) => isSame(value, against[at] ?? null, estimated[at] ?? false))) continue;
    differences.push(`row ${i + 1}: ${JSON.stringify(row)} against ${JSON.stringify(against)}`);
    if (differences.length === DIFFERENCES_MAX) break;
  }
  return differences;
}

/** Rows sorted by their text, which is the same on both sides for rows that are. */
function inOneOrder(rows: Answer['rows']): Answer['rows'] {
  return rows
    .map((row) => ({ row, text: JSON.stringify(row) }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ row }) => row);
}

function isSame(one: Value, other: Value, isEstimated: boolean): boolean {
  if (Object.is(one, other)) return true;
  if (!isEstimated || typeof one !== 'number' || typeof other !== 'number') return false;
  return Math.abs(one - other) <= ESTIMATE_TOLERANCE * Math.max(Math.abs(one), Math.abs(other));
}

/** Family of a type, by either engine's name: sums of integers are wider on one than on the other, lengths of text are no matter. */
function kindOf(type: string): string {
  const lower = type.toLowerCase();
  const decimal = /^decimal\(\d+, ?(\d+)\)$/.exec(lower)?.[1];
  if (decimal !== undefined) return `decimal of scale ${decimal}`;
  if (INTEGERS.includes(lower)) return 'integer';
  if (lower.startsWith('varchar')) return lower.endsWith('[]') ? 'list' : 'text';
  if (lower.startsWith('array(')) return 'list';
  if (lower.startsWith('timestamp')) return lower.includes('zone') ? 'instant' : 'time';
  if (lower === 'varbinary' || lower === 'blob') return 'bytes';
  return lower;
}

function plain(value: TrinoValue | SqlValue, kind: string): Value {
  if (value === null) return null;
  if (typeof value === 'object') return JSON.stringify(value);
  // One engine says milliseconds, the other microseconds.
  if (kind === 'time')
    return String(value)
      .replace(/\.?0+$/, (zeros) => (zeros.startsWith('.') ? '' : zeros))
      .replace(/(\.\d*?)0+$/, '$1');
  if (kind === 'double') return typeof value === 'number' ? value : Number(value);
  return value;
}
