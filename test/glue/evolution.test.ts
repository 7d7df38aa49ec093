import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkEvolution, parseSnapshot, snapshotOf, snapshotText } from '../../glue/evolution.ts';
import { nullable, required } from '../../lake/columns.ts';
import type { Column, TableSchema } from '../../lake/schema.ts';
import { tablesOf } from '../../lake/tables.ts';
import { pipeline as payments } from '../../pipelines/payments/pipeline.ts';

const base = [required('id', 'string', 'Id.'), required('at', 'timestamp', 'When.'), nullable('note', 'string', 'Note.')];

function table(columns: readonly Column[], rest: Partial<TableSchema> = {}): TableSchema {
  return { name: 't', description: 'T.', columns, partitionColumn: 'at', idColumns: ['id'], clusterColumns: [], money: [], ...rest };
}

const published = snapshotOf([table(base)]);

describe('a change of schema', () => {
  test('none is none', () => {
    expect(checkEvolution(published, [table(base)])).toEqual([]);
  });

  test.each([
    ['a new nullable column', [table([...base, nullable('more', 'bigint', 'More.')])], ['t.more']],
    ['a new table', [table(base), table(base, { name: 'u' })], ['u']],
    ['another order of columns', [table([...base].reverse())], []],
    ['another description', [table(base.map((one) => ({ ...one, description: 'Other.' })))], []],
    ['a required column that becomes nullable', [table([nullable('id', 'string', 'Id.'), ...base.slice(1)])], []],
  ])('%s is fine', (_name, tables, added) => {
    expect(checkEvolution(published, tables)).toEqual(added);
  });

  test.each([
    ['a removed column', [table(base.slice(0, 2))], 'column t.note: removed'],
    ['a removed table', [table(base, { name: 'u' })], 'table t: removed'],
    ['a changed type', [table([...base.slice(0, 2), nullable('note', 'bigint', '')])], 'column t.note: type bigint, was string'],
    [
      'a changed scale',
      [table([...base.slice(0, 2), nullable('note', { decimal: { precision: 18, scale: 2 } }, '')])],
      'column t.note: type decimal(18,2), was string',
    ],
    ['a new required column', [table([...base, required('more', 'bigint', '')])], 'column t.more: new and required'],
    ['a nullable column that becomes required', [table([...base.slice(0, 2), required('note', 'string', '')])], 'column t.note: required'],
    ['another partition column', [table(base, { partitionColumn: 'note' })], 'table t: partitioned by note, was by at'],
  ])('%s is refused', (_name, tables, message) => {
    expect(() => checkEvolution(published, tables)).toThrow(message);
  });

  test('all that is refused stands in one error of one line', () => {
    const broken = [table([nullable('note', 'bigint', '')])];
    expect(() => checkEvolution(published, broken)).toThrow(
      /^schema change .*t\.id: removed; column t\.at: removed; column t\.note: type .*; allowed: new tables .*$/,
    );
  });
});

describe('the snapshot of payments', () => {
  const where = 'pipelines/payments/schema.snapshot.json';

  test('is that of the definition; cdk synth writes what is new', () => {
    expect(readFileSync(where, 'utf8')).toBe(snapshotText(snapshotOf(tablesOf(payments))));
  });

  test('refuses another type of an event field', () => {
    const tables = tablesOf(payments).map((one) => ({
      ...one,
      columns: one.columns.map((column) => (column.name === 'country' ? { ...column, type: 'bigint' as const } : column)),
    }));
    const snapshot = parseSnapshot(readFileSync(where, 'utf8'), where);
    expect(() => checkEvolution(snapshot, tables)).toThrow('column transactions.country: type bigint, was string');
  });

  test.each(['', '[]', '{"tables": {"t": {"columns": {"a": 1}}}}'])('that is damaged is refused: %j', (text) => {
    expect(() => parseSnapshot(text, where)).toThrow(where);
  });
});
