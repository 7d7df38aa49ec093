import { createRequire } from 'node:module';
import { type KplFault, readKpl } from '../../../core/decode/kpl.ts';

/** A user record as Amazon's aggregator takes and gives it. */
export interface OracleRecord {
  readonly partitionKey: string;
  readonly explicitHashKey?: string | undefined;
  readonly data: Buffer;
}

interface AggregatorModule {
  readonly deaggregateSync: (
    record: { readonly data: string; readonly sequenceNumber: string; readonly partitionKey: string },
    isChecked: boolean,
    done: (
      fault: Error | null | undefined,
      records?: readonly { partitionKey: string; explicitPartitionKey?: string; data: string }[],
    ) => void,
  ) => void;
  readonly RecordAggregator: new () => {
    addUserRecord(record: OracleRecord): void;
    build(): { readonly data: Buffer };
  };
}

const library = createRequire(import.meta.url)('aws-kinesis-agg') as AggregatorModule;

/** What our reader makes of an aggregate, with each user record as a value. */
export function readAll(bytes: Buffer): (OracleRecord & { readonly explicitHashKey: string | undefined })[] | KplFault | undefined {
  const read = readKpl(bytes);
  if (read === undefined || 'code' in read) return read;
  return Array.from({ length: read.length }, (_, i) => ({
    partitionKey: read.partitionKey(i),
    explicitHashKey: read.explicitHashKey(i),
    data: read.data(i),
  }));
}

/** User records that Amazon's library finds in an aggregate; undefined if it reports a fault. */
export function oracleUnpack(aggregate: Uint8Array): OracleRecord[] | undefined {
  let result: OracleRecord[] | undefined;
  const record = { data: Buffer.from(aggregate).toString('base64'), sequenceNumber: '1', partitionKey: 'outer' };
  library.deaggregateSync(record, true, (fault, records) => {
    if (fault || records === undefined) return;
    result = records.map(({ partitionKey, explicitPartitionKey, data }) => ({
      partitionKey,
      ...(explicitPartitionKey === undefined ? {} : { explicitHashKey: explicitPartitionKey }),
      data: Buffer.from(data, 'base64'),
    }));
  });
  return result;
}

/** Aggregate that Amazon's library makes of user records. */
export function oraclePack(records: readonly OracleRecord[]): Buffer {
  const aggregator = new library.RecordAggregator();
  for (const record of records) aggregator.addUserRecord(record);
  return aggregator.build().data;
}
