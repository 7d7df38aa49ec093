import { positionPrefix } from '../../core/decode/position.ts';
import type { UnfinishedReader } from '../warm-start/ports.ts';
import type { StreamSource } from './kinesis-source.ts';

/** Records of a page: one of the largest holds what GetRecords gives at most. */
const PAGE_RECORDS = 500;

/** Reads a range of a shard, as far as the stream still has it. */
export function streamRange(source: StreamSource): UnfinishedReader {
  return async (shardId, { from, through }) => {
    const last = positionPrefix(through);
    const records: Awaited<ReturnType<UnfinishedReader>>[number][] = [];
    let cursor: string | undefined = await source.cursor(shardId, from === undefined ? 'oldest' : { at: from });
    while (cursor !== undefined) {
      const page = await source.read(cursor, PAGE_RECORDS);
      for (const { sequence, arrivalMs, partitionKey, data } of page.records) {
        if (positionPrefix(sequence) > last) return records;
        records.push({ sequence, arrivalMs, partitionKey, data: Buffer.from(data).toString('base64') });
      }
      cursor = page.atTip ? undefined : page.next;
    }
    return records;
  };
}
