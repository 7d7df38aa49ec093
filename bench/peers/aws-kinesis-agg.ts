import { createRequire } from 'node:module';

interface AggregateRecord {
  readonly data: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
}

interface UserRecord {
  readonly partitionKey: string;
  readonly data: string;
}

interface AggregatorModule {
  readonly deaggregateSync: (
    record: AggregateRecord,
    isChecked: boolean,
    done: (fault: Error | null | undefined, records?: readonly UserRecord[]) => void,
  ) => void;
}

const library = createRequire(import.meta.url)('aws-kinesis-agg') as AggregatorModule;

/** User records of an aggregate by Amazon's library, its checksum checked; data in base64, as the library gives it. Throws on a fault. */
export function deaggregate(record: AggregateRecord): readonly UserRecord[] {
  let result: readonly UserRecord[] = [];
  library.deaggregateSync(record, true, (fault, records) => {
    if (fault || records === undefined) throw fault ?? new Error('no records');
    result = records;
  });
  return result;
}
