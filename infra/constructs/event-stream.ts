import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Names } from '../names.ts';

/** A week: as long as Lambda may go on retrying, and longer than a week-end with nobody there. */
export const RETENTION_HOURS = 168;

/** What the stream needs. */
export interface EventStreamProps {
  readonly names: Names;
  readonly key: IKey;
  readonly shards: number;
}

/** The stream that producers put events on. */
export class EventStream extends Construct {
  readonly stream: Stream;

  constructor(scope: Construct, id: string, { names, key, shards }: EventStreamProps) {
    super(scope, id);
    this.stream = new Stream(this, 'Stream', {
      streamName: names.stream,
      streamMode: StreamMode.PROVISIONED,
      shardCount: shards,
      retentionPeriod: Duration.hours(RETENTION_HOURS),
      encryption: StreamEncryption.KMS,
      encryptionKey: key,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}
