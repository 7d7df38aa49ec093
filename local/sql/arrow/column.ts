import type { DuckDBValue } from '@duckdb/node-api';
import * as arrow from 'apache-arrow';

/** An Arrow type and how a column of it is filled. Every buffer is an allocation of its own: the library mixes up columns that share memory. */
export interface ColumnKind {
  readonly type: arrow.DataType;
  readonly build: (values: readonly DuckDBValue[]) => arrow.Data;
}

type Cells = Int8Array | Int16Array | Int32Array | BigInt64Array | Uint8Array | Uint16Array | Uint32Array | BigUint64Array;
type FixedCells = Cells | Float32Array | Float64Array;

const NOTHING = new Uint8Array(0);

/** Fields of a column that come to hold the column's data, by Arrow's names. */
type Buffers = Readonly<Record<string, unknown>>;

/** A column from its buffers; nulls are marked by those of `values`. */
export function dataOf(type: arrow.DataType, values: readonly DuckDBValue[], buffers: Buffers): arrow.Data {
  const nullBitmap = bitmap(values, (value) => value !== null);
  const props = { type, length: values.length, nullCount: nullsOf(values), nullBitmap, ...buffers };
  return arrow.makeData(props as Parameters<typeof arrow.makeData>[0]);
}

/** Values of one width each. */
export function fixedKind<T extends number | bigint>(
  type: arrow.DataType,
  allocate: (length: number) => FixedCells & { [index: number]: T },
  convert: (value: DuckDBValue) => T,
): ColumnKind {
  const build = (values: readonly DuckDBValue[]): arrow.Data => {
    const data = allocate(values.length);
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i];
      if (value !== null && value !== undefined) data[i] = convert(value);
    }
    return dataOf(type, values, { data });
  };
  return { type, build };
}

/** Two 64-bit words for each value, the low one first. */
export function wideKind(type: arrow.Decimal, integerOf: (value: DuckDBValue) => bigint): ColumnKind {
  const build = (values: readonly DuckDBValue[]): arrow.Data => {
    const words = new BigUint64Array(values.length * 2);
    for (const [i, value] of values.entries()) {
      if (value === null) continue;
      const integer = integerOf(value);
      words[2 * i] = BigInt.asUintN(64, integer);
      words[2 * i + 1] = BigInt.asUintN(64, integer >> 64n);
    }
    return dataOf(type, values, { data: new Uint32Array(words.buffer) });
  };
  return { type, build };
}

/** Values of bytes, each as long as it is. */
export function variableKind(type: arrow.Utf8 | arrow.Binary, bytesOf: (value: DuckDBValue) => Uint8Array): ColumnKind {
  const build = (values: readonly DuckDBValue[]): arrow.Data => {
    const valueOffsets = new Int32Array(values.length + 1);
    const pieces = values.map((value) => (value === null ? NOTHING : bytesOf(value)));
    for (const [i, piece] of pieces.entries()) valueOffsets[i + 1] = (valueOffsets[i] ?? 0) + piece.byteLength;
    const data = new Uint8Array(valueOffsets[pieces.length] ?? 0);
    for (const [i, piece] of pieces.entries()) data.set(piece, valueOffsets[i]);
    return dataOf(type, values, { valueOffsets, data });
  };
  return { type, build };
}

/** True and false, a bit each. */
export const BOOL_KIND: ColumnKind = {
  type: new arrow.Bool(),
  build: (values) => dataOf(new arrow.Bool(), values, { data: bitmap(values, (value) => value === true) }),
};

/** Nothing but nulls. */
export const NULL_KIND: ColumnKind = {
  type: new arrow.Null(),
  build: (values) => arrow.makeData({ type: new arrow.Null(), length: values.length }),
};

function nullsOf(values: readonly DuckDBValue[]): number {
  return values.reduce<number>((nulls, value) => (value === null ? nulls + 1 : nulls), 0);
}

/** Bits of a test, least significant first. */
function bitmap(values: readonly DuckDBValue[], isSet: (value: DuckDBValue) => boolean): Uint8Array {
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  for (const [i, value] of values.entries()) if (isSet(value)) bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
  return bits;
}
