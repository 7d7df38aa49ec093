import { createReadStream } from 'node:fs';
import { usageError } from '../../core/errors.ts';
import { arrowParts } from './arrow/stream.ts';
import type { LakeSql, SqlResult, SqlStream } from './lake-sql.ts';
import { jsonOf, sqlValue, textOf } from './values.ts';

/** Forms a query result can be written in. */
export const FORMATS = ['table', 'csv', 'json', 'arrow', 'parquet'] as const;

/** Bytes of a Parquet file that are in memory at a time. */
const READ_BYTES = 1 << 20;

/** One of `FORMATS`. */
export type Format = (typeof FORMATS)[number];

/** The format of that name; UsageError for any other. */
export function parseFormat(name: string): Format {
  const format = FORMATS.find((one) => one === name);
  if (format === undefined) throw usageError('format', name, FORMATS.join(', '));
  return format;
}

/** An engine whose results can be written in every format. */
export type LakeQueries = Pick<LakeSql, 'query' | 'stream' | 'parquetFile'>;

/**
 * Runs a query and yields its result in a format, part by part: text for table, csv and json, bytes for arrow and parquet. Memory is
 * bounded whatever the number of rows, but for table, whose columns are as wide as the widest cell of all.
 */
export async function* formatQuery(sql: LakeQueries, text: string, format: Format): AsyncGenerator<string | Uint8Array> {
  switch (format) {
    case 'table':
      yield tableText(await sql.query(text));
      return;
    case 'csv':
      yield* csvText(await sql.stream(text));
      return;
    case 'json':
      yield* jsonText(await sql.stream(text));
      return;
    case 'arrow':
      yield* arrowParts(await sql.stream(text));
      return;
    case 'parquet':
      yield* createReadStream(await sql.parquetFile(text), { highWaterMark: READ_BYTES });
  }
}

/** Widest cell of a table, characters; longer ones end in an ellipsis. */
const CELL_CHARS_MAX = 40;
const NUMBER_TYPE = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)/;

/** A table for reading on a terminal: aligned columns, numbers to the right, NULL spelt out, a line that counts the rows. */
export function tableText({ columns, rows }: SqlResult): string {
  const header = columns.map(({ name }) => cell(name));
  const body = rows.map((row) => row.map((value) => (value === null ? 'NULL' : cell(textOf(value)))));
  const widths = header.map((name, i) => body.reduce((width, row) => Math.max(width, charsOf(row[i] ?? '')), charsOf(name)));
  const isNumber = columns.map(({ type }) => NUMBER_TYPE.test(type));
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, i) => pad(text, widths[i] ?? 0, isNumber[i] ?? false))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  const count = `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`;
  return `${[line(header), rule, ...body.map(line), count].join('\n')}\n`;
}

/** CSV after RFC 4180, header first: null is an empty field, an empty text a quoted one. */
export async function* csvText({ columns, parts }: SqlStream): AsyncGenerator<string> {
  yield csvLine(columns.map(({ name }) => csvField(name)));
  for await (const part of parts)
    yield part.map((row) => csvLine(row.map((value) => (value === null ? '' : csvField(textOf(sqlValue(value))))))).join('');
}

/** One JSON array of objects, one row a line; values as in `sqlValue`, NaN and the infinities as text. */
export async function* jsonText({ columns, parts }: SqlStream): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const part of parts) {
    let text = '';
    for (const row of part) {
      text += separator + jsonOf(Object.fromEntries(columns.map(({ name }, i) => [name, sqlValue(row[i] ?? null)])));
      separator = ',\n';
    }
    yield text;
  }
  yield separator === ',\n' ? '\n]\n' : '[]\n';
}

/** A value as CSV has it: in quotes where it must be. */
export function csvField(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csvLine(fields: readonly string[]): string {
  return `${fields.join(',')}\r\n`;
}

/** A cell on one line: control characters would break the table or the terminal. */
function cell(text: string): string {
  const line = text.replace(/\p{Cc}/gu, '·');
  const chars = [...line];
  return chars.length <= CELL_CHARS_MAX ? line : `${chars.slice(0, CELL_CHARS_MAX - 1).join('')}…`;
}

function charsOf(text: string): number {
  return [...text].length;
}

function pad(text: string, width: number, isRight: boolean): string {
  const space = ' '.repeat(Math.max(0, width - charsOf(text)));
  return isRight ? space + text : text + space;
}
