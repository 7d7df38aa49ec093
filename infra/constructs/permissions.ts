import type { IKey } from 'aws-cdk-lib/aws-kms';
import { deliveryStreamName, LAKE_FOLDER } from '../../lake/delivery-format.ts';
import { RULES_FOLDER } from '../../lake/rules/log.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { arnOf, bucketArn, type Names } from '../names.ts';
import type { Permission } from './pipeline-function.ts';

/** Reading and conditionally writing state items, as the state adapter does. */
export function stateAccess(tableArn: string): Permission {
  return {
    sid: 'State',
    actions: ['dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    resources: [tableArn],
  };
}

/** Handing rows to the delivery streams, and landing those too large for them. */
export function deliveryAccess(names: Names, tables: readonly TableSchema[]): Permission[] {
  return [
    {
      sid: 'Delivery',
      actions: ['firehose:PutRecordBatch'],
      resources: tables.map(({ name }) => arnOf('firehose', `deliverystream/${deliveryStreamName(names.prefix, name)}`)),
    },
    { sid: 'OversizeRows', actions: ['s3:PutObject'], resources: [bucketArn(names.lakeBucket, `${LAKE_FOLDER}*/landing/*`)] },
  ];
}

/** Reading the rules in force, and writing down those of a new installation. */
export function rulesAccess({ lakeBucket }: Names): Permission[] {
  return [
    { sid: 'Rules', actions: ['s3:GetObject', 's3:PutObject'], resources: [bucketArn(lakeBucket, `${LAKE_FOLDER}${RULES_FOLDER}*`)] },
    // Without it an object that is not there yet is an access denied.
    { sid: 'RulesBucket', actions: ['s3:ListBucket'], resources: [bucketArn(lakeBucket)] },
  ];
}

/** Asking the stream for its shards, and whether one holds unread records. */
export function shardAccess(streamArn: string): Permission {
  return {
    sid: 'Shards',
    actions: ['kinesis:DescribeStreamSummary', 'kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'],
    resources: [streamArn],
  };
}

/** Reading and writing what these keys protect, through the services that use them. Keys that are the same count once. */
export function keyAccess(...keys: readonly IKey[]): Permission {
  return {
    sid: 'Keys',
    actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
    resources: [...new Set(keys)].map((key) => key.keyArn),
  };
}
