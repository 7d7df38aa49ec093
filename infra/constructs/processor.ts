import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Installation } from '../installation.ts';
import { bucketArn } from '../names.ts';
import { deliveryAccess, keyAccess, rulesAccess, shardAccess, stateAccess } from './permissions.ts';
import { type Permission, PipelineFunction } from './pipeline-function.ts';
import type { Storage } from './storage.ts';

/** Most records that Lambda hands over at once; the handler works in parts that fit its memory. */
const BATCH_RECORDS = 10_000;
/** Time for the largest batch against a slow table, many times over; the handler stops before and says how far it came. */
const TIMEOUT_S = 300;
/** Without end: the handler quarantines bad data itself, and no fault of a service may lose a record. */
const UNBOUNDED = -1;

/** The stream processor and what hands it its batches. */
export class Processor extends Construct {
  readonly function: PipelineFunction;
  readonly mapping: CfnEventSourceMapping;

  constructor(scope: Construct, id: string, installation: Installation, storage: Storage) {
    super(scope, id);
    const { names, size, streamArn, tables } = installation;
    this.function = new PipelineFunction(this, 'Function', {
      installation,
      service: 'process-stream',
      description: 'Judges events, folds them into windows, delivers rows.',
      memoryMb: size.processorMb,
      timeoutS: TIMEOUT_S,
      permissions: [
        { sid: 'Stream', actions: ['kinesis:DescribeStream'], resources: [streamArn] },
        shardAccess(streamArn),
        stateAccess(storage.tableArn),
        ...deliveryAccess(names, tables),
        ...rulesAccess(names),
        ...failureAccess(names.failuresBucket),
        keyAccess(storage.streamKey, storage.stateKey, storage.lakeKey),
      ],
    });
    this.mapping = new CfnEventSourceMapping(this, 'Mapping', {
      functionName: this.function.function.functionArn,
      eventSourceArn: streamArn,
      startingPosition: 'TRIM_HORIZON',
      batchSize: BATCH_RECORDS,
      maximumBatchingWindowInSeconds: size.batchingWindowS,
      // Exactly-once state holds for one batch of a shard at a time; more shards, not more batches, make it faster.
      parallelizationFactor: 1,
      maximumRetryAttempts: UNBOUNDED,
      maximumRecordAgeInSeconds: UNBOUNDED,
      bisectBatchOnFunctionError: true,
      functionResponseTypes: ['ReportBatchItemFailures'],
      destinationConfig: { onFailure: { destination: bucketArn(names.failuresBucket) } },
      metricsConfig: { metrics: ['EventCount'] },
    });
    this.mapping.node.addDependency(this.function.role);
  }
}

/** Writing what the mapping gave up, which it does with the function's role. */
function failureAccess(bucket: string): Permission[] {
  return [
    { sid: 'FailuresBucket', actions: ['s3:ListBucket'], resources: [bucketArn(bucket)] },
    { sid: 'Failures', actions: ['s3:PutObject'], resources: [bucketArn(bucket, 'aws/lambda/*')] },
  ];
}
