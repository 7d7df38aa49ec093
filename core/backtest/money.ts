import { currencyExponent } from '../events/currency.ts';
import { dateOf, dayOf, OUTCOMES, type ScoredTable } from './scored.ts';

/** Rows and their money. */
export interface Sum {
  readonly count: number;
  /** Exact decimal of the currency; minor units where its decimals are not known. Refunds count below zero. */
  readonly amount: string;
}

/** Money of one currency by what was decided and what was true. */
export interface MoneyRow {
  readonly currency: string;
  readonly fraud_declined: Sum;
  readonly fraud_reviewed: Sum;
  /** Fraud that was approved. */
  readonly fraud_missed: Sum;
  readonly legit_declined: Sum;
  readonly legit_reviewed: Sum;
  readonly legit_approved: Sum;
  readonly unlabelled_declined: Sum;
  readonly unlabelled_reviewed: Sum;
  readonly unlabelled_approved: Sum;
}

/** Money of one currency on one UTC day, `YYYY-MM-DD`. */
export interface DayMoneyRow extends MoneyRow {
  readonly day: string;
}

/** Places of the truths of a table in a cell. */
const TRUTHS = 3;

/** Counts and exact sums by truth and outcome: place = truth × number of outcomes + outcome. */
interface Cell {
  readonly counts: number[];
  readonly minor: bigint[];
}

/** Money by currency, and by day and currency, both in ascending order. */
export function moneyOf(table: ScoredTable, rows: Int32Array): { readonly total: MoneyRow[]; readonly daily: DayMoneyRow[] } {
  const width = table.currencyNames.length;
  const days = new Map<number, Cell>();
  for (const row of rows) add(cellOf(days, dayOf(table.eventMs[row] as number) * width + (table.currencies[row] as number)), table, row);
  const total = new Map<number, Cell>();
  for (const [place, cell] of days) merge(cellOf(total, place % width), cell);
  const rowOf = (place: number, cell: Cell): MoneyRow => moneyRow(table.currencyNames[place % width] as string, cell);
  const byCurrency = (a: MoneyRow, b: MoneyRow): number => (a.currency < b.currency ? -1 : 1);
  return {
    total: [...total].map(([place, cell]) => rowOf(place, cell)).sort(byCurrency),
    daily: [...days]
      .map(([place, cell]) => ({ day: dateOf(Math.floor(place / width)), ...rowOf(place, cell) }))
      .sort((a, b) => (a.day === b.day ? byCurrency(a, b) : a.day < b.day ? -1 : 1)),
  };
}

function cellOf(cells: Map<number, Cell>, place: number): Cell {
  const known = cells.get(place);
  if (known !== undefined) return known;
  const size = TRUTHS * OUTCOMES.length;
  const cell: Cell = { counts: Array.from({ length: size }, () => 0), minor: Array.from({ length: size }, () => 0n) };
  cells.set(place, cell);
  return cell;
}

function add({ counts, minor }: Cell, table: ScoredTable, row: number): void {
  const place = (table.truths[row] as number) * OUTCOMES.length + (table.outcomes[row] as number);
  counts[place] = (counts[place] as number) + 1;
  minor[place] = (minor[place] as bigint) + BigInt(table.amountsMinor[row] as number);
}

function merge(into: Cell, { counts, minor }: Cell): void {
  for (const [place, count] of counts.entries()) {
    into.counts[place] = (into.counts[place] as number) + count;
    into.minor[place] = (into.minor[place] as bigint) + (minor[place] as bigint);
  }
}

function moneyRow(currency: string, { counts, minor }: Cell): MoneyRow {
  const sums = counts.map((count, place): Sum => ({ count, amount: amountText(minor[place] as bigint, currency) }));
  // In the order of LEGIT, FRAUD, UNLABELLED and of OUTCOMES.
  const [legit_approved, legit_reviewed, legit_declined, fraud_missed, fraud_reviewed, fraud_declined, ...unlabelled] = sums as [
    ...[Sum, Sum, Sum, Sum, Sum, Sum],
    ...[Sum, Sum, Sum],
  ];
  const [unlabelled_approved, unlabelled_reviewed, unlabelled_declined] = unlabelled;
  return {
    ...{ currency, fraud_declined, fraud_reviewed, fraud_missed, legit_declined, legit_reviewed, legit_approved },
    ...{ unlabelled_declined, unlabelled_reviewed, unlabelled_approved },
  };
}

/** Exact decimal text of minor units; the units themselves where the currency is not known. */
export function amountText(minor: bigint, currency: string): string {
  const exponent = currencyExponent(currency) ?? 0;
  const digits = (minor < 0n ? -minor : minor).toString().padStart(exponent + 1, '0');
  const point = digits.length - exponent;
  return `${minor < 0n ? '-' : ''}${digits.slice(0, point)}${exponent === 0 ? '' : `.${digits.slice(point)}`}`;
}

/** Minor units of a text that `amountText` made. */
export function minorOf(amount: string): bigint {
  return BigInt(amount.replace('.', ''));
}
