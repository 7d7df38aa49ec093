import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { namedQueries } from '../../glue/queries.ts';
import { SIZES, type SizeName } from '../../infra/sizes.ts';
import { tablesOf } from '../../lake/tables.ts';
import { pipeline } from '../../pipelines/payments/pipeline.ts';
import { configOf, flat, type Resource, templatesOf } from './support.ts';

const tables = tablesOf(pipeline);
const sizes = Object.keys(SIZES) as SizeName[];
const settings = { scanBytesMax: 123_000_000, oldVersionsDays: 9 };
const made = new Map(await Promise.all(sizes.map(async (size) => [size, await templatesOf(configOf({ size, ...settings }))] as const)));

interface TableInput {
  readonly Name: string;
  readonly TableType: string;
  readonly PartitionKeys: unknown;
  readonly StorageDescriptor: { readonly Columns: readonly { readonly Name: string; readonly Type: string }[]; readonly Location: string };
  readonly ViewOriginalText?: string;
  readonly Parameters: Record<string, string>;
}

interface Destination {
  readonly Prefix: string;
  readonly ErrorOutputPrefix: string;
  readonly BufferingHints: { readonly SizeInMBs: number; readonly IntervalInSeconds: number };
  readonly DataFormatConversionConfiguration: unknown;
  readonly DynamicPartitioningConfiguration: unknown;
  readonly ProcessingConfiguration: unknown;
  readonly EncryptionConfiguration: unknown;
}

describe.each(sizes)('in the size %s', (size) => {
  const templates = made.get(size);
  if (templates === undefined) throw new Error(size);
  const lake = templates.of('lake');
  const bucket = (role: string) => `headrace-dev-${role}-<AWS::AccountId>-<AWS::Region>`;
  const buckets = new Map(templates.properties('AWS::S3::Bucket').map((one) => [String(flat(one['BucketName'])), one]));
  const glueTables = (database: string) =>
    templates
      .properties('AWS::Glue::Table')
      .flatMap((one) => (one['DatabaseName'] === database ? [flat(one['TableInput']) as TableInput] : []));
  const delivery = (table: string): Destination | undefined => {
    const stream = templates
      .properties('AWS::KinesisFirehose::DeliveryStream')
      .find((one) => one['DeliveryStreamName'] === `headrace-dev-${table.replaceAll('_', '-')}`);
    return flat(stream?.['ExtendedS3DestinationConfiguration']) as Destination | undefined;
  };

  test('the lake bucket has a customer-managed key with a bucket key, versions, no public access and an access log', () => {
    expect(buckets.get(bucket('lake'))).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: expect.anything() } },
        ],
      },
      VersioningConfiguration: { Status: 'Enabled' },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      LoggingConfiguration: { LogFilePrefix: 'lake/' },
    });
  });

  test('the lake bucket tiers the lake, clears what backfills worked with, drops old versions and unfinished uploads, and tells of new objects', () => {
    expect(buckets.get(bucket('lake'))).toMatchObject({
      LifecycleConfiguration: {
        Rules: [
          { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
          { Prefix: 'lake/', Transitions: [{ StorageClass: 'INTELLIGENT_TIERING', TransitionInDays: 90 }] },
          { Prefix: 'backfill/', ExpirationInDays: 30 },
          { NoncurrentVersionExpiration: { NoncurrentDays: 9 }, ExpiredObjectDeleteMarker: true },
        ],
      },
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    });
  });

  test('no rule of the lake bucket removes what is current: only the sweep knows what is published', () => {
    const rulesOf = (role: string): { Prefix?: string; ExpirationInDays?: number }[] => {
      const { Rules } = (buckets.get(bucket(role))?.['LifecycleConfiguration'] ?? {}) as { Rules?: ReturnType<typeof rulesOf> };
      return Rules ?? [];
    };
    const removing = rulesOf('lake').filter((rule) => /"Expiration(InDays|Date)?":/.test(JSON.stringify(rule)));
    // The work of backfills lies beside the lake, and is of no use once they are done.
    expect(removing.map(({ Prefix }) => Prefix)).toEqual(['backfill/']);
    // In other buckets rules do: the name is right.
    expect(rulesOf('results').some(({ ExpirationInDays }) => ExpirationInDays !== undefined)).toBe(true);
  });

  test('every bucket refuses what does not come over TLS 1.2, and none uses access lists', () => {
    const policies = [...templates.resources('AWS::S3::BucketPolicy').values()].map(({ Properties }) => JSON.stringify(Properties));
    expect(policies).toHaveLength(buckets.size);
    expect([...buckets.keys()].sort()).toEqual(['access-logs', 'failures', 'lake', 'results'].map(bucket));
    for (const policy of policies) {
      expect(policy).toContain('{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"');
      expect(policy).toContain('{"NumericLessThan":{"s3:TlsVersion":1.2}},"Effect":"Deny"');
    }
    for (const one of buckets.values()) expect(one).not.toHaveProperty('AccessControl');
  });

  test('each table of the definition is in the catalogue, with its columns and partition keys', () => {
    expect(glueTables('headrace_dev_landing').map(({ Name }) => Name)).toEqual(tables.map(({ name }) => name));
    for (const table of glueTables('headrace_dev_landing')) {
      const schema = tables.find(({ name }) => name === table.Name);
      expect(table.StorageDescriptor.Columns.map(({ Name }) => Name)).toEqual(schema?.columns.map(({ name }) => name));
      expect(table.StorageDescriptor.Location).toBe(`s3://${bucket('lake')}/lake/${table.Name}/landing/`);
      expect(table.PartitionKeys).toMatchObject([
        { Name: 'dt', Type: 'string' },
        { Name: 'hour', Type: 'string' },
      ]);
      expect(Object.keys(table.Parameters).filter((name) => name.startsWith('projection'))).toEqual([]);
    }
  });

  test('each table has a view that people query, over the landed one', () => {
    const views = glueTables('headrace_dev');
    expect(views.map(({ Name }) => Name)).toEqual(tables.map(({ name }) => name));
    for (const { Name, TableType, ViewOriginalText = '' } of views) {
      expect(TableType).toBe('VIRTUAL_VIEW');
      const [, encoded = ''] = /^\/\* Presto View: (.+) \*\/$/.exec(ViewOriginalText) ?? [];
      const view = JSON.parse(Buffer.from(encoded, 'base64').toString()) as { readonly originalSql: string; readonly schema: string };
      expect(view.originalSql).toContain(`FROM "headrace_dev_landing"."${Name}"`);
      expect(view.schema).toBe('headrace_dev');
    }
  });

  test('each table has a delivery stream that makes Parquet by the columns of the catalogue', () => {
    lake.resourceCountIs('AWS::KinesisFirehose::DeliveryStream', tables.length);
    for (const { name } of tables)
      expect(delivery(name)?.DataFormatConversionConfiguration).toMatchObject({
        Enabled: true,
        SchemaConfiguration: { DatabaseName: 'headrace_dev_landing', TableName: name, VersionId: 'LATEST' },
        InputFormatConfiguration: { Deserializer: { HiveJsonSerDe: {} } },
        OutputFormatConfiguration: { Serializer: { ParquetSerDe: { Compression: 'SNAPPY' } } },
      });
  });

  test('rows joined in a record are taken apart, and then partitioned by the hour in the row', () => {
    for (const { name, partitionColumn } of tables) {
      const made = delivery(name);
      expect(made?.DynamicPartitioningConfiguration).toMatchObject({ Enabled: true });
      expect(made?.ProcessingConfiguration).toEqual({
        Enabled: true,
        Processors: [
          { Type: 'RecordDeAggregation', Parameters: [{ ParameterName: 'SubRecordType', ParameterValue: 'JSON' }] },
          {
            Type: 'MetadataExtraction',
            Parameters: [
              {
                ParameterName: 'MetadataExtractionQuery',
                ParameterValue: `{dt:.${partitionColumn}[0:10],hour:.${partitionColumn}[11:13]}`,
              },
              { ParameterName: 'JsonParsingEngine', ParameterValue: 'JQ-1.6' },
            ],
          },
        ],
      });
      expect(made?.Prefix).toMatch(
        new RegExp(`^lake/${name}/landing/dt=!{partitionKeyFromQuery:dt}/hour=!{partitionKeyFromQuery:hour}/[^/]*$`),
      );
    }
    expect(tables.filter(({ partitionColumn }) => partitionColumn === 'arrival_time').map(({ name }) => name)).toContain('archive');
  });

  test('names of landing files have a time of their own, so that Firehose adds no folders of arrival time', () => {
    for (const { name } of tables) expect(delivery(name)?.Prefix).toContain('!{timestamp:');
  });

  test('rows that cannot be delivered go to a folder of their own, outside of the lake, by kind of error', () => {
    for (const { name } of tables)
      expect(delivery(name)?.ErrorOutputPrefix).toMatch(new RegExp(`^delivery-errors/${name}/!{firehose:error-output-type}/`));
  });

  test('delivery gathers as long as the size says, in buffers that conversion takes, under the key of the lake', () => {
    for (const { name } of tables) {
      expect(delivery(name)?.BufferingHints.IntervalInSeconds).toBe(SIZES[size].deliveryBufferS);
      expect(delivery(name)?.BufferingHints.SizeInMBs).toBeGreaterThanOrEqual(64);
      expect(delivery(name)?.EncryptionConfiguration).toMatchObject({ KMSEncryptionConfig: { AWSKMSKeyARN: expect.anything() } });
    }
    lake.allResourcesProperties('AWS::KinesisFirehose::DeliveryStream', {
      DeliveryStreamEncryptionConfigurationInput: { KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: Match.anyValue() },
    });
  });

  test('a delivery stream waits for its table, so that it never starts without columns', () => {
    const made: [string, Resource][] = [...templates.resources('AWS::KinesisFirehose::DeliveryStream')];
    for (const [id, { DependsOn = [] }] of made)
      expect([id, DependsOn.filter((one) => one.startsWith('CatalogueTable'))]).toEqual([id, [expect.anything()]]);
  });

  test('the workgroup is enforced, cuts scans off and encrypts its results', () => {
    lake.hasResourceProperties('AWS::Athena::WorkGroup', {
      Name: 'headrace-dev',
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: true,
        BytesScannedCutoffPerQuery: 123_000_000,
        PublishCloudWatchMetricsEnabled: true,
        ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: 'SSE_KMS', KmsKey: Match.anyValue() } },
      },
    });
  });

  test('every shipped query is a named query of the workgroup, its text unchanged', () => {
    const shipped = namedQueries(new Set(tables.map(({ name }) => name)));
    expect(shipped.length).toBeGreaterThan(5);
    expect(templates.properties('AWS::Athena::NamedQuery')).toEqual(
      shipped.map(({ name, description, sql }) => ({
        Name: name,
        Description: description,
        Database: 'headrace_dev',
        WorkGroup: 'headrace-dev',
        QueryString: sql,
      })),
    );
  });
});
