import { currencyCodes, currencyExponent } from '../core/events/currency.ts';
import type { MoneyColumn, TableSchema } from '../lake/schema.ts';
import { quoteName, quoteText } from './sql-text.ts';

/** Exponent of currencies that no list of codes names. */
const USUAL_EXPONENT = 2;
/** Decimals of a money column: the most any currency has. */
const MONEY_SCALE = 4;

/** Name of the helper column that tells the row to show (1) from its repeats. */
const RANK = 'repeat_rank';

/**
 * SELECT of the view of one table over the relation `source`, which has the table's columns, `dt` and `hour`: repeats removed, money
 * as DECIMAL beside its minor units. Runs unchanged on Trino and DuckDB.
 *
 * A repeat has the same id and the same time, hence the same partition; naming those in PARTITION BY lets both engines push
 * conditions on time, `dt` and `hour` down to the files.
 */
export function viewSql(table: TableSchema, source: string): string {
  const stored = [...table.columns.map(({ name }) => quoteName(name)), quoteName('dt'), quoteName('hour')];
  const group = [...new Set(['dt', 'hour', table.partitionColumn, ...table.idColumns])].map(quoteName);
  const order = preferenceOf(table);
  return [
    `SELECT ${shownColumns(table).join(', ')}`,
    `FROM (SELECT ${stored.join(', ')},`,
    `  row_number() OVER (PARTITION BY ${group.join(', ')}${order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`}) AS ${RANK}`,
    `  FROM ${source}) AS ranked`,
    `WHERE ${RANK} = 1`,
  ].join('\n');
}

/** Which of several rows with one id is shown: the highest revision; accepted before late; the first in the stream. */
function preferenceOf({ columns }: TableSchema): string[] {
  const has = (name: string): boolean => columns.some((column) => column.name === name);
  return [
    ...(has('revision') ? ['"revision" DESC'] : []),
    ...(has('lane') ? [`CASE WHEN "lane" = 'accepted' THEN 0 ELSE 1 END`] : []),
    // Sequence numbers are decimal text: the longer one is greater.
    ...(has('sequence') ? ['length("sequence")', '"sequence"', '"sub_sequence"'] : []),
  ];
}

function shownColumns({ columns, money }: TableSchema): string[] {
  const shown = columns.flatMap(({ name }) => [quoteName(name), ...money.filter(({ minorColumn }) => minorColumn === name).map(moneySql)]);
  return [...shown, quoteName('dt'), quoteName('hour')];
}

/** Minor units times the worth of one, both DECIMAL, so that no digit passes through a float. */
function moneySql({ name, minorColumn, currencyColumn }: MoneyColumn): string {
  const worth = (exponent: number): string => `CAST(${(10 ** -exponent).toFixed(exponent)} AS DECIMAL(${MONEY_SCALE + 1}, ${MONEY_SCALE}))`;
  const cases = unusualCodes().map(([exponent, codes]) => {
    return `WHEN ${quoteName(currencyColumn)} IN (${codes.map(quoteText).join(', ')}) THEN ${worth(exponent)}`;
  });
  return `CAST(${quoteName(minorColumn)} AS DECIMAL(20, 0)) * CASE ${cases.join(' ')} ELSE ${worth(USUAL_EXPONENT)} END AS ${quoteName(name)}`;
}

function unusualCodes(): [exponent: number, codes: string[]][] {
  const byExponent = new Map<number, string[]>();
  for (const code of currencyCodes()) {
    const exponent = currencyExponent(code) ?? USUAL_EXPONENT;
    if (exponent !== USUAL_EXPONENT) byExponent.set(exponent, [...(byExponent.get(exponent) ?? []), code]);
  }
  return [...byExponent].sort(([a], [b]) => a - b);
}
