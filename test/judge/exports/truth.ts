import { quoteName } from '../../../lake/sql-text.ts';

/** What a column holds, in the words of judge.py, and the SQL that makes text of it in which cells are compared. */
export interface TruthColumn {
  readonly name: string;
  readonly kind: string;
  readonly expression: string;
}

/** How a column of an engine type is compared. */
export function truthColumn(name: string, type: string): TruthColumn {
  const kind = kindOf(type);
  return { name, kind, expression: expressionOf(kind, quoteName(name)) };
}

function kindOf(type: string): string {
  if (/\]$|^STRUCT\(|^MAP\(/.test(type)) return 'nested';
  // Wider than every decimal: exports have it as text.
  if (type === 'UHUGEINT') return 'wide';
  if (/^U?(TINY|SMALL|BIG|HUGE)INT$|^U?INTEGER$/.test(type)) return 'integer';
  if (type.startsWith('DECIMAL')) return 'decimal';
  if (type === 'TIMESTAMP_NS') return 'nanos';
  if (type === 'TIMESTAMP WITH TIME ZONE') return 'instant';
  if (type.startsWith('TIMESTAMP')) return 'moment';
  const named: Readonly<Record<string, string>> = {
    FLOAT: 'single',
    DOUBLE: 'double',
    BOOLEAN: 'boolean',
    DATE: 'date',
    TIME: 'clock',
    BLOB: 'bytes',
    UUID: 'uuid',
  };
  return named[type] ?? 'text';
}

function expressionOf(kind: string, column: string): string {
  if (kind === 'nanos') return `CAST(epoch_ns(${column}) AS VARCHAR)`;
  if (kind === 'moment' || kind === 'instant') return `CAST(epoch_us(${column}) AS VARCHAR)`;
  if (kind === 'bytes') return `hex(${column})`;
  if (kind === 'nested') return `CAST(to_json(${column}) AS VARCHAR)`;
  return `CAST(${column} AS VARCHAR)`;
}
