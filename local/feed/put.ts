import { type KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { PutRecords } from './sender.ts';

/** Puts through the Kinesis API. Give a client that makes one attempt only: the sender must know of every call. */
export function kinesisPut(client: KinesisClient, stream: string): PutRecords {
  return async (records) => {
    const entries = records.map((record) => ({
      PartitionKey: record.partitionKey,
      ExplicitHashKey: record.explicitHashKey,
      Data: record.data,
    }));
    const answer = await client.send(new PutRecordsCommand({ StreamName: stream, Records: entries }));
    return (answer.Records ?? []).map((record) => (record.ErrorCode === undefined ? record.SequenceNumber : undefined));
  };
}
