import parquet from 'parquetjs-lite';
import type { BaselinePayment } from './baseline/schema.ts';

const text = { type: 'UTF8' } as const;
const number = { type: 'DOUBLE' } as const;

/** Writes payments row by row. It knows no decimals that others read, so amounts are doubles. */
export async function writeParquetJs(payments: readonly BaselinePayment[], to: string): Promise<void> {
  const schema = new parquet.ParquetSchema({
    ...{ event_id: text, event_time: { type: 'TIMESTAMP_MILLIS' }, card_id: text, merchant_id: text, terminal_id: text },
    ...{ amount: number, currency: text, country: text, mcc: text, lat: number, lon: number, channel: text, device_id: text, ip: text },
  });
  const writer = await parquet.ParquetWriter.openFile(schema, to, { useDataPageV2: false });
  for (const payment of payments) await writer.appendRow({ ...payment, event_time: Date.parse(payment.event_time) });
  await writer.close();
}
