import { createRequire } from 'node:module';
import { KplPacker } from '../core/decode/kpl-pack.ts';

/** User records in one aggregate: some 50 KB of events. */
const BLOCK_EVENTS = 160;

/** A user record as Amazon's library gives it. */
export interface LibraryRecord {
  readonly partitionKey: string;
  /** Base64 again. */
  readonly data: string;
}

interface Library {
  deaggregateSync(
    record: { readonly data: string; readonly sequenceNumber: string; readonly partitionKey: string },
    isChecked: boolean,
    done: (fault: Error | null | undefined, records?: readonly LibraryRecord[]) => void,
  ): void;
}

const library = createRequire(import.meta.url)('aws-kinesis-agg') as Library;

/** Events in aggregates, each as the base64 of a stream record. */
export function aggregatesOf(events: readonly string[], keyOf: (event: string) => string): string[] {
  return Array.from({ length: Math.ceil(events.length / BLOCK_EVENTS) }, (_, block) => {
    const packer = new KplPacker();
    for (const event of events.slice(block * BLOCK_EVENTS, (block + 1) * BLOCK_EVENTS)) packer.add(keyOf(event), Buffer.from(event));
    return Buffer.from(packer.finish()).toString('base64');
  });
}

/** User records that Amazon's library finds, checksum and all. Throws what it reports. */
export function libraryRecords(data: string): readonly LibraryRecord[] {
  let found: readonly LibraryRecord[] = [];
  library.deaggregateSync({ data, sequenceNumber: '1', partitionKey: 'outer' }, true, (fault, records = []) => {
    if (fault) throw fault;
    found = records;
  });
  return found;
}
