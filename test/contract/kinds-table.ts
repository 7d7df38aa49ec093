import type { Row } from '../../core/ports.ts';
import type { TableSchema } from '../../lake/schema.ts';

/** A table with a column of every type. */
export const kindsTable: TableSchema = {
  name: 'kinds',
  description: 'One column of each type.',
  columns: [
    { name: 'id', type: 'string', nullable: false, description: 'Id.' },
    { name: 'at', type: 'timestamp', nullable: false, description: 'Time.' },
    { name: 'big', type: 'bigint', nullable: true, description: 'Integer.' },
    { name: 'small', type: 'integer', nullable: true, description: 'Integer.' },
    { name: 'real', type: 'double', nullable: true, description: 'Double.' },
    { name: 'yes', type: 'boolean', nullable: true, description: 'Boolean.' },
    { name: 'data', type: 'blob', nullable: true, description: 'Bytes.' },
    { name: 'names', type: 'list<string>', nullable: true, description: 'List.' },
    { name: 'text', type: 'string', nullable: true, description: 'Text.' },
  ],
  partitionColumn: 'at',
  idColumns: ['id'],
  clusterColumns: ['small'],
  money: [],
};

const HOUR_MS = 3_600_000;
const START_MS = Date.parse('2026-03-01T00:00:00Z');
const TEXTS = ['', 'plain', '"quoted", \n\r\t\\', 'é😀\u2028', 'a\u0000b', '\\ud800', '__proto__', '{"json":[1,null]}'];
const BIGS = [0, -1, Number.MAX_SAFE_INTEGER, '9007199254740993', '-9223372036854775808', '9223372036854775807'];

/** The n-th row of that table; 25 rows an hour, with every awkward value somewhere. */
export function kindsRow(n: number): Row {
  const isNull = n % 7 === 3;
  return {
    id: `row-${n}`,
    at: START_MS + Math.floor(n / 25) * HOUR_MS + (n % 25) * 1_001,
    big: isNull ? null : (BIGS[n % BIGS.length] ?? null),
    small: isNull ? null : (n % 3) - 1,
    real: isNull ? null : ([0.1 + 0.2, 1e-300, -12.5, 5][n % 4] ?? null),
    yes: isNull ? null : n % 2 === 0,
    data: isNull ? null : Buffer.from([n % 256, 0, 255, 10]).toString('base64'),
    names: isNull ? null : ([[], ['a'], ['b', '', 'c, "d"']][n % 3] ?? null),
    text: isNull ? null : (TEXTS[n % TEXTS.length] ?? null),
  };
}

/** Rows `from` (inclusive) to `to` (exclusive). */
export function kindsRows(from: number, to: number): Row[] {
  return Array.from({ length: to - from }, (_, i) => kindsRow(from + i));
}
