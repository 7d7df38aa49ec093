import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalType,
  DuckDBDecimalValue,
  DuckDBListType,
  DuckDBListValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api';
import * as arrow from 'apache-arrow';
import { usageError } from '../../core/errors.ts';
import type { SqlStream } from './lake-sql.ts';
import { sqlValue, textOf } from './values.ts';

/** Rows of one record batch: enough to make its fixed cost small, few enough to build in memory. */
const BATCH_ROWS = 65_536;
/** Decimal128 words of 32 bits. */
const DECIMAL_WORDS = 4;
const HUGE_DIGITS = 38;

/** A column being filled: every buffer is an allocation of its own, for the writer corrupts columns that share memory. */
interface ColumnKind {
  readonly type: arrow.DataType;
  readonly build: (values: readonly DuckDBValue[]) => arrow.Data;
}

/**
 * The result as an Arrow IPC stream, exact: decimals and HUGEINT are Decimal128, timestamps microseconds (in UTC), lists of text are
 * lists; types without a counterpart are text.
 */
export async function arrowBytes({ columns, parts }: SqlStream): Promise<Uint8Array> {
  const kinds = columns.map(({ duck }) => kindOf(duck));
  const schema = new arrow.Schema(columns.map(({ name }, i) => new arrow.Field(name, kinds[i]?.type ?? new arrow.Null(), true)));
  const writer = new arrow.RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  let rows: (readonly DuckDBValue[])[] = [];
  for await (const part of parts) {
    for (const row of part) rows.push(row);
    if (rows.length < BATCH_ROWS) continue;
    writer.write(batchOf(schema, kinds, rows));
    rows = [];
  }
  if (rows.length > 0) writer.write(batchOf(schema, kinds, rows));
  writer.finish();
  return writer.toUint8Array(true);
}

function batchOf(schema: arrow.Schema, kinds: readonly ColumnKind[], rows: readonly (readonly DuckDBValue[])[]): arrow.RecordBatch {
  const children = kinds.map(({ build }, i) => build(rows.map((row) => row[i] ?? null)));
  return new arrow.RecordBatch(
    schema,
    arrow.makeData({ type: new arrow.Struct(schema.fields), length: rows.length, nullCount: 0, children }),
  );
}

function kindOf(duck: DuckDBType): ColumnKind {
  switch (duck.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return {
        type: new arrow.Bool(),
        build: (values) =>
          plain(
            new arrow.Bool(),
            values,
            bitmap(values, (value) => value === true),
          ),
      };
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
      return fixedKind(
        new arrow.Int32(),
        (length) => new Int32Array(length),
        (value) => Number(value),
      );
    case DuckDBTypeId.BIGINT:
      return fixedKind(
        new arrow.Int64(),
        (length) => new BigInt64Array(length),
        (value) => (typeof value === 'bigint' ? value : 0n),
      );
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
      return fixedKind(
        new arrow.Float64(),
        (length) => new Float64Array(length),
        (value) => Number(value),
      );
    case DuckDBTypeId.DATE:
      return fixedKind(
        new arrow.DateDay(),
        (length) => new Int32Array(length),
        (value) => (value instanceof DuckDBDateValue ? value.days : 0),
      );
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_MS:
      return fixedKind(new arrow.TimestampMicrosecond(), (length) => new BigInt64Array(length), microsOf);
    case DuckDBTypeId.TIMESTAMP_TZ:
      return fixedKind(new arrow.TimestampMicrosecond('UTC'), (length) => new BigInt64Array(length), microsOf);
    case DuckDBTypeId.HUGEINT:
      return decimalKind(HUGE_DIGITS, 0);
    case DuckDBTypeId.BLOB:
      return {
        type: new arrow.Binary(),
        build: (values) => variable(new arrow.Binary(), values, (value) => (value instanceof DuckDBBlobValue ? value.bytes : NOTHING)),
      };
    default:
      return nestedKind(duck);
  }
}

function nestedKind(duck: DuckDBType): ColumnKind {
  if (duck instanceof DuckDBDecimalType) return decimalKind(duck.width, duck.scale);
  if (duck instanceof DuckDBListType && duck.valueType.typeId === DuckDBTypeId.VARCHAR) return LIST_OF_TEXT;
  return { type: new arrow.Utf8(), build: (values) => variable(new arrow.Utf8(), values, utf8) };
}

const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();

function utf8(value: DuckDBValue): Uint8Array {
  return encoder.encode(textOf(sqlValue(value)));
}

function microsOf(value: DuckDBValue): bigint {
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return value.micros;
  return value instanceof DuckDBTimestampMillisecondsValue ? value.millis * 1000n : 0n;
}

const LIST_OF_TEXT: ColumnKind = (() => {
  const type = new arrow.List(new arrow.Field('item', new arrow.Utf8(), true));
  return {
    type,
    build: (values) => {
      const valueOffsets = new Int32Array(values.length + 1);
      const items: DuckDBValue[] = [];
      for (const [i, value] of values.entries()) {
        if (value instanceof DuckDBListValue) for (const item of value.items) items.push(item);
        valueOffsets[i + 1] = items.length;
      }
      const child = variable(new arrow.Utf8(), items, utf8) as arrow.Data<arrow.Utf8>;
      return arrow.makeData({ type, length: values.length, nullCount: nullsOf(values), nullBitmap: validity(values), valueOffsets, child });
    },
  };
})();

type FixedType = arrow.Int32 | arrow.Int64 | arrow.Float64 | arrow.DateDay | arrow.TimestampMicrosecond | arrow.Decimal | arrow.Bool;
type FixedArray = Int32Array | BigInt64Array | Float64Array;

function fixedKind<T extends number | bigint>(
  type: FixedType,
  allocate: (length: number) => FixedArray & { [index: number]: T },
  convert: (value: DuckDBValue) => T,
): ColumnKind {
  return {
    type,
    build: (values) => {
      const data = allocate(values.length);
      for (let i = 0; i < values.length; i += 1) {
        const value = values[i];
        if (value !== null && value !== undefined) data[i] = convert(value);
      }
      return plain(type, values, data);
    },
  };
}

function plain(type: FixedType, values: readonly DuckDBValue[], data: FixedArray | Uint32Array | Uint8Array): arrow.Data {
  return arrow.makeData({ type, length: values.length, nullCount: nullsOf(values), nullBitmap: validity(values), data } as Parameters<
    typeof arrow.makeData
  >[0]);
}

function decimalKind(precision: number, scale: number): ColumnKind {
  const type = new arrow.Decimal(scale, precision);
  const limit = 10n ** BigInt(precision);
  const build = (values: readonly DuckDBValue[]): arrow.Data => {
    const words = new Uint32Array(values.length * DECIMAL_WORDS);
    for (const [i, value] of values.entries()) {
      const unscaled = value instanceof DuckDBDecimalValue ? value.value : typeof value === 'bigint' ? value : 0n;
      if (unscaled >= limit || unscaled <= -limit)
        throw usageError('integer for Arrow', unscaled, `at most ${precision} digits; cast it to VARCHAR`);
      const bits = BigInt.asUintN(128, unscaled);
      for (let word = 0; word < DECIMAL_WORDS; word += 1)
        words[i * DECIMAL_WORDS + word] = Number((bits >> BigInt(32 * word)) & 0xffff_ffffn);
    }
    return plain(type, values, words);
  };
  return { type, build };
}

function variable(
  type: arrow.Utf8 | arrow.Binary,
  values: readonly DuckDBValue[],
  bytesOf: (value: DuckDBValue) => Uint8Array,
): arrow.Data {
  const valueOffsets = new Int32Array(values.length + 1);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for (const [i, value] of values.entries()) {
    const piece = value === null ? NOTHING : bytesOf(value);
    pieces.push(piece);
    bytes += piece.byteLength;
    valueOffsets[i + 1] = bytes;
  }
  const data = new Uint8Array(bytes);
  for (const [i, piece] of pieces.entries()) data.set(piece, valueOffsets[i]);
  return arrow.makeData({
    type,
    length: values.length,
    nullCount: nullsOf(values),
    nullBitmap: validity(values),
    valueOffsets,
    data,
  } as Parameters<typeof arrow.makeData>[0]);
}

function nullsOf(values: readonly DuckDBValue[]): number {
  return values.reduce<number>((nulls, value) => (value === null ? nulls + 1 : nulls), 0);
}

function validity(values: readonly DuckDBValue[]): Uint8Array {
  return bitmap(values, (value) => value !== null);
}

/** Bits of a test, least significant first. */
function bitmap(values: readonly DuckDBValue[], isSet: (value: DuckDBValue) => boolean): Uint8Array {
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  for (const [i, value] of values.entries()) if (isSet(value)) bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
  return bits;
}
