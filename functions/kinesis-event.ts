/** One Kinesis record as Lambda hands it over. */
export interface KinesisRecord {
  readonly kinesis: {
    readonly kinesisSchemaVersion: '1.0';
    readonly partitionKey: string;
    /** Decimal, up to 56 digits. */
    readonly sequenceNumber: string;
    /** Record bytes in base64. */
    readonly data: string;
    /** Arrival at the stream, epoch seconds with fraction. */
    readonly approximateArrivalTimestamp: number;
  };
  readonly eventSource: 'aws:kinesis';
  readonly eventVersion: '1.0';
  /** `<shard id>:<sequence number>`. */
  readonly eventID: string;
  readonly eventName: 'aws:kinesis:record';
  readonly invokeIdentityArn: string;
  readonly awsRegion: string;
  readonly eventSourceARN: string;
}

/** One invocation of a Kinesis event source mapping: records of one shard in sequence order. */
export interface KinesisStreamEvent {
  readonly Records: readonly KinesisRecord[];
}

/** One failed record; `itemIdentifier` is its sequence number. */
export interface BatchItemFailure {
  readonly itemIdentifier: string;
}

/** Partial batch response: the stream goes on from the lowest failed sequence number; an empty list means all done. */
export interface KinesisBatchResponse {
  readonly batchItemFailures: readonly BatchItemFailure[];
}

/** A Lambda handler of a Kinesis stream. */
export type KinesisHandler = (event: KinesisStreamEvent) => Promise<KinesisBatchResponse>;
