import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { SIZES, type SizeName } from '../../infra/sizes.ts';
import { configOf, flat, type Resource, templatesOf } from './support.ts';

const sizes = Object.keys(SIZES) as SizeName[];
const made = new Map(await Promise.all(sizes.map(async (size) => [size, await templatesOf(configOf({ size, shards: 3 }))] as const)));

describe.each(sizes)('in the size %s', (size) => {
  const templates = made.get(size);
  if (templates === undefined) throw new Error(size);
  const mappingOf = (role: string): Resource['Properties'] => {
    const [found] = [...templates.resources('AWS::Lambda::EventSourceMapping')].filter(([id]) => id.startsWith(`${role}/`));
    if (found === undefined) throw new Error(`no mapping in ${role}`);
    return found[1].Properties;
  };

  test('the stream keeps records for 168 hours under a customer-managed key, with the shards of the configuration', () => {
    templates.of('stream').hasResourceProperties('AWS::Kinesis::Stream', {
      Name: 'headrace-dev-events',
      RetentionPeriodHours: 168,
      ShardCount: 3,
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
      StreamEncryption: { EncryptionType: 'KMS', KeyId: { 'Fn::ImportValue': Match.stringLikeRegexp('headrace-dev-keys:.*Arn') } },
    });
  });

  test('the mapping retries without end, takes partial answers, bisects, and gives a shard one batch at a time', () => {
    templates.of('processor').hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: -1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      ParallelizationFactor: 1,
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 10_000,
      MaximumBatchingWindowInSeconds: SIZES[size].batchingWindowS,
    });
  });

  test('what the mapping would give up goes to the failures bucket, which its role may write', () => {
    const bucket = 'arn:<AWS::Partition>:s3:::headrace-dev-failures-<AWS::AccountId>-<AWS::Region>';
    expect(flat(mappingOf('processor')['DestinationConfig'])).toEqual({ OnFailure: { Destination: bucket } });
    const policies = flat([...templates.resources('AWS::IAM::Role').values()].map(({ Properties }) => Properties['Policies']));
    expect(JSON.stringify(policies)).toContain(`"Action":"s3:PutObject","Effect":"Allow","Resource":"${bucket}/aws/lambda/*"`);
  });

  test('the state table has a customer-managed key, point-in-time recovery, deletion protection, expiry and a stream of new items', () => {
    templates.of('state').hasResourceProperties('AWS::DynamoDB::Table', {
      TableName: 'headrace-dev-state',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: Match.anyValue() },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
      TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
      StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
    });
  });

  test('only new alert items start the delivery of alerts', () => {
    const mapping = mappingOf('alerts');
    const { Filters: filters } = mapping['FilterCriteria'] as { readonly Filters: readonly { readonly Pattern: string }[] };
    expect(filters.map(({ Pattern }) => JSON.parse(Pattern) as unknown)).toEqual([
      { eventName: ['INSERT'], dynamodb: { Keys: { pk: { S: [{ prefix: 'alert#' }] } } } },
    ]);
    expect(mapping).toMatchObject({
      MaximumRetryAttempts: -1,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  test('keys rotate, wait for 30 days before they go, and are kept with the data they protect', () => {
    const keys = [...templates.resources('AWS::KMS::Key').values()];
    expect(keys).toHaveLength(SIZES[size].keys === 'shared' ? 2 : 4);
    for (const { Properties, DeletionPolicy } of keys) {
      expect(Properties).toMatchObject({ EnableKeyRotation: true, PendingWindowInDays: 30 });
      expect(DeletionPolicy).toBe('RetainExceptOnCreate');
    }
  });

  test('the operations key opens for services only on behalf of this account, and only what is named for this environment', () => {
    const policies = flat([...templates.resources('AWS::KMS::Key').values()].map(({ Properties }) => Properties['KeyPolicy'])) as {
      readonly Statement: readonly {
        readonly Sid?: string;
        readonly Principal: { readonly Service?: string };
        readonly Condition?: unknown;
      }[];
    }[];
    const services = policies.flatMap(({ Statement }) => Statement).filter(({ Principal }) => Principal.Service !== undefined);
    expect(services.map(({ Sid }) => Sid)).toEqual([
      'LogGroups',
      'AlarmsToTopic',
      'UndeliveredAlarmsToQueue',
      'EventsToQueues',
      'Bus',
      // What the library adds for the bus.
      undefined,
    ]);
    for (const { Condition } of services) expect(JSON.stringify(Condition)).toContain('<AWS::AccountId>');
  });
});
