import { unpackRecord } from '../../../core/decode/unpack.ts';
import type { ProducedEvent } from '../../../core/ports.ts';
import type { StreamSource } from '../../../functions/adapters/kinesis-source.ts';

/** All events on a stream, packs taken apart, shard by shard. */
export async function eventsOf(source: StreamSource): Promise<ProducedEvent[]> {
  const events: ProducedEvent[] = [];
  for (const { shardId } of await source.shards()) {
    let cursor: string | undefined = await source.cursor(shardId, 'oldest');
    while (cursor !== undefined) {
      const page = await source.read(cursor, 1_000);
      for (const { sequence, partitionKey, arrivalMs, data } of page.records) {
        const unpacked = unpackRecord({ sequence, partitionKey, arrivalMs, data: Buffer.from(data).toString('base64') });
        for (const { raw } of unpacked) events.push({ partitionKey: raw.partitionKey, data: raw.bytes });
      }
      cursor = page.atTip ? undefined : page.next;
    }
  }
  return events;
}
