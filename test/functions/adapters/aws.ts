import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AthenaClient, CreateWorkGroupCommand, DeleteWorkGroupCommand } from '@aws-sdk/client-athena';
import { CreateTableCommand, DeleteTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateDeliveryStreamCommand,
  DeleteDeliveryStreamCommand,
  DescribeDeliveryStreamCommand,
  FirehoseClient,
} from '@aws-sdk/client-firehose';
import {
  CreateDatabaseCommand,
  CreateTableCommand as CreateGlueTableCommand,
  DeleteDatabaseCommand,
  DeleteTableCommand as DeleteGlueTableCommand,
  GlueClient,
} from '@aws-sdk/client-glue';
import { CreateStreamCommand, DeleteStreamCommand, DescribeStreamSummaryCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { CreateBucketCommand, DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { clientOptions } from '../../../functions/adapters/client-options.ts';
import type { RetryOptions } from '../../../functions/adapters/retry.ts';
import { S3ObjectStore } from '../../../functions/adapters/s3-object-store.ts';
import { glueType } from '../../../glue/tables.ts';
import {
  DELIVERY_DESERIALIZER,
  deliveryObjectPrefix,
  deliveryStreamName,
  landedTable,
  partitionQuery,
} from '../../../lake/delivery-format.ts';
import type { TableSchema } from '../../../lake/schema.ts';

/** True when the AWS environment names an endpoint of its own: an emulator, not an account. */
export const IS_EMULATOR = process.env['AWS_ENDPOINT_URL'] !== undefined;

export const retry: RetryOptions = { random: Math.random };

const settings = clientOptions(30_000);

/** Clients of the standard AWS environment. */
export const aws = {
  athena: new AthenaClient(settings),
  dynamodb: new DynamoDBClient(settings),
  firehose: new FirehoseClient(settings),
  glue: new GlueClient(settings),
  kinesis: new KinesisClient(settings),
  s3: new S3Client(settings),
};

const removals: (() => Promise<unknown>)[] = [];
const RUN = randomBytes(4).toString('hex');
let made = 0;

/** A name that no other resource has. */
export function uniqueName(what: string): string {
  made += 1;
  return `headrace-contract-${what}-${RUN}-${made}`;
}

/** Removes everything that was made, the last first. */
export async function removeAll(): Promise<void> {
  for (const remove of removals.splice(0).reverse()) await remove();
}

async function until(what: string, isReady: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await isReady()) return;
    await sleep(IS_EMULATOR ? 50 : 1_000);
  }
  throw new Error(`${what} did not become ready`);
}

/** A state table; the name. */
export async function makeStateTable(): Promise<string> {
  const TableName = uniqueName('state');
  await aws.dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  removals.push(() => aws.dynamodb.send(new DeleteTableCommand({ TableName })));
  await until(TableName, async () => (await aws.dynamodb.send(new DescribeTableCommand({ TableName }))).Table?.TableStatus === 'ACTIVE');
  return TableName;
}

/** A bucket, emptied and removed at the end; the name. */
export async function makeBucket(): Promise<string> {
  const Bucket = uniqueName('lake');
  const region = await aws.s3.config.region();
  const place = region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' } };
  await aws.s3.send(new CreateBucketCommand({ Bucket, ...place }));
  removals.push(async () => {
    const objects = new S3ObjectStore({ client: aws.s3, bucket: Bucket, prefix: '', retry });
    for (const { key } of await objects.list('')) await objects.remove(key);
    await aws.s3.send(new DeleteBucketCommand({ Bucket }));
  });
  return Bucket;
}

/** A stream of `ShardCount` shards; the name. */
export async function makeStream(ShardCount: number): Promise<string> {
  const StreamName = uniqueName('stream');
  await aws.kinesis.send(new CreateStreamCommand({ StreamName, ShardCount }));
  removals.push(() => aws.kinesis.send(new DeleteStreamCommand({ StreamName })));
  await until(StreamName, async () => {
    const { StreamDescriptionSummary: stream } = await aws.kinesis.send(new DescribeStreamSummaryCommand({ StreamName }));
    return stream?.StreamStatus === 'ACTIVE';
  });
  return StreamName;
}

/** Waits until a stream has finished resharding. */
export async function streamReady(StreamName: string): Promise<void> {
  await until(StreamName, async () => {
    const { StreamDescriptionSummary: stream } = await aws.kinesis.send(new DescribeStreamSummaryCommand({ StreamName }));
    return stream?.StreamStatus === 'ACTIVE';
  });
}

/** A Glue database with these tables as they land, partitioned by dt and hour; the name. */
export async function makeDatabase(tables: readonly TableSchema[], lakeUri: string): Promise<string> {
  const Name = uniqueName('db').replaceAll('-', '_');
  await aws.glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name } }));
  removals.push(() => aws.glue.send(new DeleteDatabaseCommand({ Name })));
  for (const table of tables) {
    const TableInput = {
      Name: table.name,
      TableType: 'EXTERNAL_TABLE',
      PartitionKeys: ['dt', 'hour'].map((key) => ({ Name: key, Type: 'string' })),
      StorageDescriptor: {
        Columns: landedTable(table).columns.map((column) => ({ Name: column.name, Type: glueType(column.type) })),
        Location: `${lakeUri}${table.name}/landing/`,
        InputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
        OutputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
        SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
      },
    };
    await aws.glue.send(new CreateGlueTableCommand({ DatabaseName: Name, TableInput }));
    removals.push(() => aws.glue.send(new DeleteGlueTableCommand({ DatabaseName: Name, Name: table.name })));
  }
  return Name;
}

/** A workgroup whose results go to the bucket; the name. */
export async function makeWorkgroup(bucket: string): Promise<string> {
  const Name = uniqueName('workgroup');
  const Configuration = { ResultConfiguration: { OutputLocation: `s3://${bucket}/results/` }, EnforceWorkGroupConfiguration: true };
  await aws.athena.send(new CreateWorkGroupCommand({ Name, Configuration }));
  removals.push(() => aws.athena.send(new DeleteWorkGroupCommand({ WorkGroup: Name, RecursiveDeleteOption: true })));
  return Name;
}

/** Delivery streams of the tables, as the stacks make them; the objects land under `folder` of the bucket. The name prefix. */
export async function makeDelivery(
  tables: readonly TableSchema[],
  place: { bucket: string; folder: string; database: string; role: string },
): Promise<string> {
  const prefix = uniqueName('d');
  for (const table of tables) {
    const DeliveryStreamName = deliveryStreamName(prefix, table.name);
    await aws.firehose.send(
      new CreateDeliveryStreamCommand({
        DeliveryStreamName,
        DeliveryStreamType: 'DirectPut',
        ExtendedS3DestinationConfiguration: {
          BucketARN: `arn:aws:s3:::${place.bucket}`,
          RoleARN: place.role,
          Prefix: `${place.folder}${deliveryObjectPrefix(table.name)}`,
          ErrorOutputPrefix: `${place.folder}errors/!{firehose:error-output-type}/`,
          BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 },
          DynamicPartitioningConfiguration: { Enabled: true },
          ProcessingConfiguration: {
            Enabled: true,
            Processors: [
              { Type: 'RecordDeAggregation', Parameters: [{ ParameterName: 'SubRecordType', ParameterValue: 'JSON' }] },
              {
                Type: 'MetadataExtraction',
                Parameters: [
                  { ParameterName: 'MetadataExtractionQuery', ParameterValue: partitionQuery(table) },
                  { ParameterName: 'JsonParsingEngine', ParameterValue: 'JQ-1.6' },
                ],
              },
            ],
          },
          DataFormatConversionConfiguration: {
            Enabled: true,
            InputFormatConfiguration: { Deserializer: { [DELIVERY_DESERIALIZER]: {} } },
            OutputFormatConfiguration: { Serializer: { ParquetSerDe: { Compression: 'SNAPPY' } } },
            SchemaConfiguration: { DatabaseName: place.database, TableName: table.name, RoleARN: place.role },
          },
        },
      }),
    );
    removals.push(() => aws.firehose.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName })));
    await until(DeliveryStreamName, async () => {
      const answer = await aws.firehose.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName }));
      return answer.DeliveryStreamDescription?.DeliveryStreamStatus === 'ACTIVE';
    });
  }
  return prefix;
}
