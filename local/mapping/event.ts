import type { StreamRecord } from '../../functions/adapters/kinesis-source.ts';
import type { KinesisRecord, KinesisStreamEvent } from '../../functions/kinesis-event.ts';

/** Lambda's limit on an invocation's payload. */
export const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024;

/** Names, ids and ARNs around one record's data in the payload. */
const ENVELOPE_BYTES = 512;

const REGION = 'us-east-1';
const ROLE_ARN = 'arn:aws:iam::000000000000:role/local';

/** Bytes a record takes in the invocation payload: base64 data, key and envelope. */
export function payloadBytes(record: StreamRecord): number {
  return Math.ceil(record.data.length / 3) * 4 + record.partitionKey.length + ENVELOPE_BYTES;
}

function eventRecord(record: StreamRecord, shardId: string, streamArn: string): KinesisRecord {
  const data = record.data;
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: record.partitionKey,
      sequenceNumber: record.sequence,
      data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
      approximateArrivalTimestamp: record.arrivalMs / 1000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${shardId}:${record.sequence}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: ROLE_ARN,
    awsRegion: REGION,
    eventSourceARN: streamArn,
  };
}

/** The Lambda event for records of one shard. */
export function streamEvent(records: readonly StreamRecord[], shardId: string, streamArn: string): KinesisStreamEvent {
  return { Records: records.map((record) => eventRecord(record, shardId, streamArn)) };
}
