import type { FieldSpec } from '../core/definition/fields.ts';
import type { MeasureSpec } from '../core/definition/measures.ts';
import type { Column, ColumnType } from './schema.ts';

/** Greatest precision of a fixed-point field: a safe integer has at most 16 digits, and 18 is the widest decimal that fits 64 bits. */
export const FIXED_PRECISION = 18;

/** Precision of sums of fixed-point fields: the widest decimal that both Athena and DuckDB know. */
export const FIXED_SUM_PRECISION = 38;

/** A column that every row fills. */
export function required(name: string, type: ColumnType, description: string): Column {
  return { name, type, nullable: false, description };
}

/** A column that may be null. */
export function nullable(name: string, type: ColumnType, description: string): Column {
  return { name, type, nullable: true, description };
}

/** Lake type of an event field; money is stored as minor units. */
export function fieldType(spec: FieldSpec): ColumnType {
  switch (spec.kind) {
    case 'string':
    case 'currency':
      return 'string';
    case 'time':
      return 'timestamp';
    case 'money':
    case 'integer':
      return 'bigint';
    case 'boolean':
      return 'boolean';
    case 'fixed':
      return { decimal: { precision: FIXED_PRECISION, scale: spec.scale } };
  }
}

/** Lake column name of an event field: money carries its unit. */
export function fieldColumn(name: string, spec: FieldSpec): string {
  return spec.kind === 'money' ? `${name}_minor` : name;
}

/** Lake type of a measure over the fields of its event type. */
export function measureType(measure: MeasureSpec, fields: Readonly<Record<string, FieldSpec>>): ColumnType {
  switch (measure.kind) {
    case 'count':
    case 'distinct':
      return 'bigint';
    case 'mean':
    case 'stddev':
      return 'double';
    case 'sum':
      return sumType(fields[measure.field]);
    case 'min':
    case 'max':
    case 'first':
    case 'last':
    case 'quantile':
      return typeOf(fields[measure.field]);
  }
}

function typeOf(spec: FieldSpec | undefined): ColumnType {
  return spec === undefined ? 'string' : fieldType(spec);
}

function sumType(spec: FieldSpec | undefined): ColumnType {
  return spec?.kind === 'fixed' ? { decimal: { precision: FIXED_SUM_PRECISION, scale: spec.scale } } : 'bigint';
}
