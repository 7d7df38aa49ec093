import { DescribeStreamSummaryCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import { type RetryOptions, withRetry } from './retry.ts';

/** Epoch seconds of a stream's creation, as in state keys: tells the stream from an earlier one of the same name. Throws ServiceError. */
export async function streamEpoch(client: KinesisClient, stream: string, retry: RetryOptions): Promise<string> {
  const call = { action: 'kinesis:DescribeStreamSummary', target: `stream ${stream}` };
  const answer = await withRetry(retry, call, () => client.send(new DescribeStreamSummaryCommand({ StreamName: stream })));
  return String(Math.floor((answer.StreamDescriptionSummary?.StreamCreationTimestamp?.getTime() ?? 0) / 1000));
}
