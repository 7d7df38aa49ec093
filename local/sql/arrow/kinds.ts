import {
  DuckDBArrayType,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalType,
  DuckDBDecimalValue,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api';
import * as arrow from 'apache-arrow';
import { usageError } from '../../../core/errors.ts';
import { sqlValue, textOf } from '../values.ts';
import { BOOL_KIND, type ColumnKind, fixedKind, NULL_KIND, variableKind, wideKind } from './column.ts';
import { arrayKind, listKind, mapKind, structKind } from './nested.ts';

/** Digits of the widest decimal that all readers know. */
const DECIMAL_DIGITS = 38;

const numberOf = (value: DuckDBValue): number => Number(value);
const integerOf = (value: DuckDBValue): bigint => (typeof value === 'bigint' ? value : 0n);
const encoder = new TextEncoder();

/**
 * The Arrow column of an engine type. Integers, floats, decimals, DATE, TIME, timestamps (their own unit; TIMESTAMP is microseconds
 * without a zone, TIMESTAMPTZ microseconds in UTC), BLOB, lists, arrays, structs and maps keep their type. HUGEINT is Decimal(38, 0);
 * one of 39 digits is a UsageError. Text, as in CSV: UUID, ENUM, INTERVAL, TIMETZ, TIME_NS, BIT, UHUGEINT, BIGNUM, UNION, VARIANT.
 */
export function kindOf(duck: DuckDBType): ColumnKind {
  return numberKind(duck) ?? timeKind(duck) ?? nestedKind(duck) ?? otherKind(duck);
}

function numberKind({ typeId }: DuckDBType): ColumnKind | undefined {
  switch (typeId) {
    case DuckDBTypeId.TINYINT:
      return fixedKind(new arrow.Int8(), (length) => new Int8Array(length), numberOf);
    case DuckDBTypeId.SMALLINT:
      return fixedKind(new arrow.Int16(), (length) => new Int16Array(length), numberOf);
    case DuckDBTypeId.INTEGER:
      return fixedKind(new arrow.Int32(), (length) => new Int32Array(length), numberOf);
    case DuckDBTypeId.BIGINT:
      return fixedKind(new arrow.Int64(), (length) => new BigInt64Array(length), integerOf);
    case DuckDBTypeId.UTINYINT:
      return fixedKind(new arrow.Uint8(), (length) => new Uint8Array(length), numberOf);
    case DuckDBTypeId.USMALLINT:
      return fixedKind(new arrow.Uint16(), (length) => new Uint16Array(length), numberOf);
    case DuckDBTypeId.UINTEGER:
      return fixedKind(new arrow.Uint32(), (length) => new Uint32Array(length), numberOf);
    case DuckDBTypeId.UBIGINT:
      return fixedKind(new arrow.Uint64(), (length) => new BigUint64Array(length), integerOf);
    case DuckDBTypeId.FLOAT:
      return fixedKind(new arrow.Float32(), (length) => new Float32Array(length), numberOf);
    case DuckDBTypeId.DOUBLE:
      return fixedKind(new arrow.Float64(), (length) => new Float64Array(length), numberOf);
    default:
      return undefined;
  }
}

function timeKind({ typeId }: DuckDBType): ColumnKind | undefined {
  const counted = (type: arrow.DataType): ColumnKind => fixedKind(type, (length) => new BigInt64Array(length), ticksOf);
  switch (typeId) {
    case DuckDBTypeId.DATE:
      return fixedKind(
        new arrow.DateDay(),
        (length) => new Int32Array(length),
        (value) => (value instanceof DuckDBDateValue ? value.days : 0),
      );
    case DuckDBTypeId.TIME:
      return counted(new arrow.TimeMicrosecond());
    case DuckDBTypeId.TIMESTAMP_S:
      return counted(new arrow.TimestampSecond());
    case DuckDBTypeId.TIMESTAMP_MS:
      return counted(new arrow.TimestampMillisecond());
    case DuckDBTypeId.TIMESTAMP:
      return counted(new arrow.TimestampMicrosecond());
    case DuckDBTypeId.TIMESTAMP_NS:
      return counted(new arrow.TimestampNanosecond());
    case DuckDBTypeId.TIMESTAMP_TZ:
      return counted(new arrow.TimestampMicrosecond('UTC'));
    default:
      return undefined;
  }
}

/** A time in the unit of its type. */
function ticksOf(value: DuckDBValue): bigint {
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue || value instanceof DuckDBTimeValue)
    return value.micros;
  if (value instanceof DuckDBTimestampMillisecondsValue) return value.millis;
  if (value instanceof DuckDBTimestampSecondsValue) return value.seconds;
  return value instanceof DuckDBTimestampNanosecondsValue ? value.nanos : 0n;
}

function nestedKind(duck: DuckDBType): ColumnKind | undefined {
  if (duck instanceof DuckDBListType) return listKind(kindOf(duck.valueType));
  if (duck instanceof DuckDBArrayType) return arrayKind(kindOf(duck.valueType), duck.length);
  if (duck instanceof DuckDBMapType) return mapKind(kindOf(duck.keyType), kindOf(duck.valueType));
  if (duck instanceof DuckDBStructType && duck.entryNames.every((name) => name !== ''))
    return structKind(
      duck.entryNames,
      duck.entryTypes.map((type) => kindOf(type)),
    );
  return undefined;
}

function otherKind(duck: DuckDBType): ColumnKind {
  if (duck instanceof DuckDBDecimalType) return decimalKind(duck.width, duck.scale);
  switch (duck.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return BOOL_KIND;
    case DuckDBTypeId.SQLNULL:
      return NULL_KIND;
    case DuckDBTypeId.HUGEINT:
      return decimalKind(DECIMAL_DIGITS, 0);
    case DuckDBTypeId.BLOB:
      return variableKind(new arrow.Binary(), (value) => (value instanceof DuckDBBlobValue ? value.bytes : new Uint8Array(0)));
    default:
      return variableKind(new arrow.Utf8(), (value) => encoder.encode(typeof value === 'string' ? value : textOf(sqlValue(value))));
  }
}

function decimalKind(precision: number, scale: number): ColumnKind {
  const limit = 10n ** BigInt(precision);
  return wideKind(new arrow.Decimal(scale, precision), (value) => {
    const unscaled = value instanceof DuckDBDecimalValue ? value.value : integerOf(value);
    if (unscaled >= limit || unscaled <= -limit)
      throw usageError('integer for Arrow', unscaled, `at most ${precision} digits; cast it to VARCHAR`);
    return unscaled;
  });
}
