import { type ColumnSource, parquetWriteFile } from 'hyparquet-writer';
import type { BaselinePayment } from './baseline/schema.ts';

const TEXTS = ['event_id', 'card_id', 'merchant_id', 'terminal_id', 'currency', 'country', 'mcc', 'channel', 'device_id', 'ip'] as const;
const NUMBERS = ['amount', 'lat', 'lon'] as const;

/** Writes payments column by column; amounts are doubles, as a plain number is to it. */
export function writeHyparquet(payments: readonly BaselinePayment[], to: string): void {
  const columns: ColumnSource[] = [
    ...TEXTS.map((name): ColumnSource => ({ name, data: payments.map((payment) => payment[name]), type: 'STRING' })),
    ...NUMBERS.map((name): ColumnSource => ({ name, data: payments.map((payment) => payment[name]), type: 'DOUBLE' })),
    { name: 'event_time', data: payments.map(({ event_time }) => new Date(event_time)), type: 'TIMESTAMP' },
  ];
  parquetWriteFile({ filename: to, columnData: columns });
}
