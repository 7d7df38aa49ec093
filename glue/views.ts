import { currencyCodes, currencyExponent } from '../core/events/currency.ts';
import { preferenceOf } from '../lake/preference.ts';
import type { ColumnType, MoneyColumn, TableSchema } from '../lake/schema.ts';
import { quoteName, quoteText } from '../lake/sql-text.ts';

/** Exponent of currencies that no list of codes names. */
const USUAL_EXPONENT = 2;
/** Decimals of a money column: the most any currency has. */
const MONEY_SCALE = 4;
/** Digits that 64-bit minor units take, and that the worth of one takes. */
const MINOR_PRECISION = 20;
const WORTH_PRECISION = MONEY_SCALE + 1;

/** Type of a money column in views: both engines make it of the product of two decimals. */
export const MONEY_TYPE: ColumnType = { decimal: { precision: MINOR_PRECISION + WORTH_PRECISION, scale: MONEY_SCALE } };

/** How files hold blob columns: as bytes, or as base64 text, the only way that they come through Firehose. */
export type StoredBlobs = 'bytes' | 'base64';

/** Name of the helper column that tells the row to show (1) from its repeats. */
const RANK = 'repeat_rank';

/**
 * SELECT of the view of one table over the relation `source`, which has the table's columns, `dt` and `hour`: repeats removed, money
 * as DECIMAL beside its minor units, blobs as bytes however they are stored. Runs unchanged on Trino and DuckDB.
 *
 * A repeat has the same id and the same time, hence the same partition; naming those in PARTITION BY lets both engines push
 * conditions on time, `dt` and `hour` down to the files.
 */
export function viewSql(table: TableSchema, source: string, blobs: StoredBlobs = 'bytes'): string {
  const stored = [...table.columns.map(({ name }) => quoteName(name)), quoteName('dt'), quoteName('hour')];
  const group = [...new Set(['dt', 'hour', table.partitionColumn, ...table.idColumns])].map(quoteName);
  const order = preferenceOf(table);
  return [
    `SELECT ${shownColumns(table, blobs).join(', ')}`,
    `FROM (SELECT ${stored.join(', ')},`,
    `  row_number() OVER (PARTITION BY ${group.join(', ')}${order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`}) AS ${RANK}`,
    `  FROM ${source}) AS ranked`,
    `WHERE ${RANK} = 1`,
  ].join('\n');
}

/** Columns of the view of a table in their order: name and type. */
export function viewColumns({ columns, money }: TableSchema): { readonly name: string; readonly type: ColumnType }[] {
  const shown = columns.flatMap(({ name, type }) => [
    { name, type },
    ...money.filter(({ minorColumn }) => minorColumn === name).map((column) => ({ name: column.name, type: MONEY_TYPE })),
  ]);
  return [...shown, { name: 'dt', type: 'string' }, { name: 'hour', type: 'string' }];
}

function shownColumns(table: TableSchema, blobs: StoredBlobs): string[] {
  const { money } = table;
  return viewColumns(table).map(({ name, type }) => {
    const asMoney = money.find((column) => column.name === name);
    if (asMoney !== undefined) return moneySql(asMoney);
    return type === 'blob' && blobs === 'base64' ? `from_base64(${quoteName(name)}) AS ${quoteName(name)}` : quoteName(name);
  });
}

/** Minor units times the worth of one, both DECIMAL, so that no digit passes through a float. */
function moneySql({ name, minorColumn, currencyColumn }: MoneyColumn): string {
  const worth = (exponent: number): string => `CAST(${(10 ** -exponent).toFixed(exponent)} AS DECIMAL(${WORTH_PRECISION}, ${MONEY_SCALE}))`;
  const cases = unusualCodes().map(([exponent, codes]) => {
    return `WHEN ${quoteName(currencyColumn)} IN (${codes.map(quoteText).join(', ')}) THEN ${worth(exponent)}`;
  });
  return `CAST(${quoteName(minorColumn)} AS DECIMAL(${MINOR_PRECISION}, 0)) * CASE ${cases.join(' ')} ELSE ${worth(USUAL_EXPONENT)} END AS ${quoteName(name)}`;
}

function unusualCodes(): [exponent: number, codes: string[]][] {
  const byExponent = new Map<number, string[]>();
  for (const code of currencyCodes()) {
    const exponent = currencyExponent(code) ?? USUAL_EXPONENT;
    if (exponent !== USUAL_EXPONENT) byExponent.set(exponent, [...(byExponent.get(exponent) ?? []), code]);
  }
  return [...byExponent].sort(([a], [b]) => a - b);
}
