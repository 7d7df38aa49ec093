import { type KplFault, KplRecords, readKpl } from '../core/decode/kpl.ts';
import { aggregatesOf, libraryRecords } from './aggregates.ts';
import { costsOf } from './costs.ts';
import { cardEvents } from './parse-data.ts';

/** What it costs to take user records out of aggregates, checksum verified, µs of CPU a record. */
export interface KplCosts {
  /** Our reader: to the key and a view of the bytes of each record. */
  readonly ours: { readonly records: number };
  /** aws-kinesis-agg: to its own records, whose bytes are base64 again; and to bytes. */
  readonly peers: { readonly agg: number; readonly agg_bytes: number };
}

/** Measures the reader of KPL aggregates beside Amazon's library on the same aggregates. Throws if they do not find the same records. */
export async function measureKpl({ events = 32_000, rounds = 9 } = {}): Promise<KplCosts> {
  const aggregates = aggregatesOf(cardEvents(events, 7), (event) => event.slice(100, 110));
  for (const data of aggregates) checkSame(data);
  const { records, agg, agg_bytes } = costsOf(
    {
      records: () => sumOf(aggregates, ourBytes),
      agg: () => sumOf(aggregates, (data) => libraryRecords(data).length),
      agg_bytes: () =>
        sumOf(aggregates, (data) => libraryRecords(data).reduce((sum, one) => sum + Buffer.from(one.data, 'base64').length, 0)),
    },
    events,
    { rounds },
  );
  return { ours: { records }, peers: { agg, agg_bytes } };
}

function sumOf(aggregates: readonly string[], one: (data: string) => number): number {
  return aggregates.reduce((sum, data) => sum + one(data), 0);
}

function ourBytes(data: string): number {
  const records = ourRecords(data);
  let sum = 0;
  for (let i = 0; i < records.length; i += 1) sum += records.data(i).length + records.partitionKey(i).length;
  return sum;
}

function ourRecords(data: string): KplRecords {
  const records: KplRecords | KplFault | undefined = readKpl(Buffer.from(data, 'base64'));
  if (!(records instanceof KplRecords)) throw new Error(`an aggregate is not read: ${JSON.stringify(records)}`);
  return records;
}

function checkSame(data: string): void {
  const [ours, theirs] = [ourRecords(data), libraryRecords(data)];
  const isSame =
    ours.length === theirs.length &&
    theirs.every((one, i) => one.partitionKey === ours.partitionKey(i) && one.data === ours.data(i).toString('base64'));
  if (!isSame) throw new Error('aws-kinesis-agg finds other records in an aggregate');
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await measureKpl(), undefined, 2)}\n`);
