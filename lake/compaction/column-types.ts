import type { SchemaElement } from 'hyparquet';
import type { FileColumns } from '../file-schema.ts';

/** Columns of a footer, in their order, with the types by which the engine would know them; types that no table has keep Parquet's names. */
export function columnTypes([root, ...elements]: readonly SchemaElement[]): FileColumns {
  const types = new Map<string, string>();
  let at = 0;
  const skip = (): void => {
    const children = elements[at]?.num_children ?? 0;
    at += 1;
    for (let i = 0; i < children; i += 1) skip();
  };
  for (let i = 0; i < (root?.num_children ?? 0); i += 1) {
    const element = elements[at];
    if (element !== undefined) types.set(element.name, typeAt(elements, at));
    skip();
  }
  return types;
}

function typeAt(elements: readonly SchemaElement[], at: number): string {
  const element = elements[at];
  if (element?.num_children === undefined || element.num_children === 0) return valueType(element);
  if (element.converted_type !== 'LIST' && element.logical_type?.type !== 'LIST') return 'STRUCT';
  // Most writers put a group between a list and its element.
  const isGroup = (elements[at + 1]?.num_children ?? 0) > 0;
  return `${valueType(elements[at + (isGroup ? 2 : 1)])}[]`;
}

/** Types that say all by themselves. */
const PLAIN: Readonly<Record<string, string>> = {
  BOOLEAN: 'BOOLEAN',
  INT32: 'INTEGER',
  INT64: 'BIGINT',
  INT96: 'TIMESTAMP',
  DOUBLE: 'DOUBLE',
  BYTE_ARRAY: 'BLOB',
};

const CONVERTED: Readonly<Record<string, string>> = {
  UTF8: 'VARCHAR',
  INT_32: 'INTEGER',
  INT_64: 'BIGINT',
  TIMESTAMP_MILLIS: 'TIMESTAMP',
  TIMESTAMP_MICROS: 'TIMESTAMP',
};

function valueType(element: SchemaElement | undefined): string {
  const { type = 'nothing', converted_type: converted, logical_type: logical, precision = 0, scale = 0 } = element ?? {};
  if (converted === 'DECIMAL') return `DECIMAL(${precision},${scale})`;
  if (logical?.type === 'STRING') return 'VARCHAR';
  if (logical?.type === 'TIMESTAMP') return 'TIMESTAMP';
  if (converted !== undefined) return CONVERTED[converted] ?? converted;
  return logical === undefined || logical.type === 'INTEGER' ? (PLAIN[type] ?? type) : logical.type;
}
