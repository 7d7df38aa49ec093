import { KinesisClient } from '@aws-sdk/client-kinesis';
import { clientOptions } from '../../functions/adapters/client-options.ts';

/** A stream to load. */
export interface StreamTarget {
  readonly stream: string;
  /** Address of a Kinesis endpoint of this machine, which takes any credentials; without one, the AWS environment decides. */
  readonly endpoint?: string | undefined;
  /** Longest wait for the answer to a call, ms. */
  readonly timeoutMs: number;
}

/** A client for the stream: one attempt for each call, since a load test must know of every one. */
export function loadClient({ endpoint, timeoutMs }: StreamTarget): KinesisClient {
  const options = clientOptions(timeoutMs);
  if (endpoint === undefined) return new KinesisClient(options);
  return new KinesisClient({ ...options, endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } });
}
