import type { FieldFilter } from '../../core/definition/features.ts';
import { EXPLAINED } from '../../core/definition/features.ts';
import type { FieldSpec } from '../../core/definition/fields.ts';
import type { EventTypeSpec } from '../../core/definition/pipeline.ts';
import { FIXED_PRECISION, fieldColumn } from '../columns.ts';
import { quoteName, quoteText } from '../sql-text.ts';

type Fields = EventTypeSpec['fields'];

/** Epoch ms of a timestamp, a whole number on Trino and DuckDB (with the macro `to_unixtime`). */
export function msSql(timestamp: string): string {
  return `CAST(floor(to_unixtime(${timestamp}) * 1000 + 0.5) AS BIGINT)`;
}

/** Start of the tile that holds an epoch ms, from 1970 on. */
export function floorSql(ms: string, tileMs: number): string {
  return `${ms} - mod(${ms}, ${tileMs})`;
}

/** Column of a field of `alias`. The flag that the pipeline itself tells of labels is one as well. */
export function columnSql(alias: string, name: string, fields: Fields): string {
  const spec = fields[name];
  if (spec === undefined && name !== EXPLAINED) throw new Error(`no field ${name}`);
  return `${alias}.${quoteName(spec === undefined ? name : fieldColumn(name, spec))}`;
}

/** A numeric field as the whole number that events hold: money in minor units, fixed-point fields scaled. */
export function wholeSql(alias: string, name: string, fields: Fields): string {
  const [column, spec] = [columnSql(alias, name, fields), fields[name]];
  return spec?.kind === 'fixed' ? `CAST(${column} * ${10 ** spec.scale} AS BIGINT)` : column;
}

/** Conditions that events of `alias` have these values. */
export function filterSql(alias: string, filter: FieldFilter, fields: Fields): string[] {
  return Object.entries(filter).map(([name, value]) => {
    const [column, spec] = [columnSql(alias, name, fields), fields[name]];
    return `${spec?.kind === 'time' ? msSql(column) : column} = ${literalSql(value, spec)}`;
  });
}

function literalSql(value: string | number | boolean, spec: FieldSpec | undefined): string {
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value === 'string') return quoteText(value);
  if (spec?.kind !== 'fixed') return String(value);
  return `CAST('${scaledText(value, spec.scale)}' AS DECIMAL(${FIXED_PRECISION}, ${spec.scale}))`;
}

/** A whole number of 10^-scale as a decimal. */
function scaledText(value: number, scale: number): string {
  const digits = String(Math.abs(value)).padStart(scale + 1, '0');
  return `${value < 0 ? '-' : ''}${digits.slice(0, digits.length - scale)}.${digits.slice(digits.length - scale)}`;
}
