import { KplPacker } from '../../core/decode/kpl-pack.ts';
import type { KinesisRecord } from '../../functions/kinesis-event.ts';
import { FIRST_ARRIVAL_MS, PER_SECOND } from './events.ts';

/** How events come on the stream: one a record, or packed by the producer library. */
export type Packing = 'plain' | 'kpl';

/** Events of one invocation. */
export const BATCH_EVENTS = 1_000;
/** Bytes of one KPL aggregate, some 160 events: what the producer library makes by default. */
const AGGREGATE_BYTES = 51_200;

/** The one shard that everything comes on. */
export const SHARD = 'shardId-000000000000';

/** Payloads of invocations with `BATCH_EVENTS` of the lines each, as JSON text, as Lambda gets them. */
export function* payloadsOf(lines: readonly Buffer[], packing: Packing): Generator<string> {
  for (let at = 0; at < lines.length; at += BATCH_EVENTS) {
    const batch = lines.slice(at, at + BATCH_EVENTS);
    const records = packing === 'plain' ? batch.map((line, i) => recordOf(line, at + i, at + i)) : packed(batch, at);
    yield JSON.stringify({ Records: records });
  }
}

/** Arrival of the n-th event, epoch ms. */
export function arrivalOf(n: number): number {
  return FIRST_ARRIVAL_MS + Math.floor((n * 1_000) / PER_SECOND);
}

function packed(batch: readonly Buffer[], from: number): KinesisRecord[] {
  const packer = new KplPacker(AGGREGATE_BYTES);
  const records: KinesisRecord[] = [];
  const flush = (end: number): void => {
    if (packer.count > 0) records.push(recordOf(Buffer.from(packer.finish()), from + end - 1, from + end - 1));
  };
  for (const [i, line] of batch.entries()) {
    const key = keyOf(line);
    if (packer.add(key, line)) continue;
    flush(i);
    packer.add(key, line);
  }
  flush(batch.length);
  return records;
}

function recordOf(data: Buffer, n: number, arrival: number): KinesisRecord {
  const sequenceNumber = `49612345678901234567890123456789012345678901${String(n).padStart(12, '0')}`;
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: keyOf(data),
      sequenceNumber,
      data: data.toString('base64'),
      approximateArrivalTimestamp: arrivalOf(arrival) / 1_000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${SHARD}:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::123456789012:role/stream-analytics',
    awsRegion: 'us-east-1',
    eventSourceARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/cards',
  };
}

const KEY = Buffer.from('"card_id":"');

/** The card of an event, read from its bytes; of an aggregate, one of those in it. */
function keyOf(line: Buffer): string {
  const from = line.indexOf(KEY) + KEY.length;
  return line.toString('latin1', from, line.indexOf(0x22, from));
}
