import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import type { CfnTable } from 'aws-cdk-lib/aws-glue';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, LogStream, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import {
  DELIVERY_DESERIALIZER,
  deliveryObjectPrefix,
  deliveryStreamName,
  LAKE_FOLDER,
  partitionQuery,
} from '../../lake/delivery-format.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { arnOf, bucketArn, type Names } from '../names.ts';

/** What delivery needs. */
export interface DeliveryProps {
  readonly names: Names;
  readonly tables: readonly TableSchema[];
  /** Landed table of the catalogue by name: conversion takes its columns. */
  readonly landed: ReadonlyMap<string, CfnTable>;
  readonly lakeKey: IKey;
  readonly logKey: IKey;
  readonly logRetention: RetentionDays;
  readonly bufferS: number;
}

/** Folder of the lake's bucket for rows that could not be converted or partitioned. */
const ERROR_FOLDER = 'delivery-errors/';
/** To a prefix without a time Firehose appends folders of arrival time; so a time begins the name of the file. */
const FILE_NAME_START = '!{timestamp:yyyyMMddHHmm}-';
/** Least buffer of a stream that converts is 64 MiB; larger ones make larger files at no price but memory of the service. */
const BUFFER_MB = 128;
/** How long writing an object is tried before its rows go to the error folder, seconds: the most that is allowed. */
const RETRY_S = 7_200;

/** Deserializers as CloudFormation writes them; default settings, which the form of rows counts on. */
const DESERIALIZERS = { HiveJsonSerDe: { hiveJsonSerDe: {} } } as const;

/** One delivery stream for each table: rows in, Parquet files by hour out. */
export class Delivery extends Construct {
  private readonly props: DeliveryProps;

  constructor(scope: Construct, id: string, props: DeliveryProps) {
    super(scope, id);
    this.props = props;
    const logs = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/kinesisfirehose/${props.names.prefix}`,
      retention: props.logRetention,
      encryptionKey: props.logKey,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = this.role(logs);
    for (const table of props.tables) this.deliveryStream(table, role, logs);
  }

  private role(logs: LogGroup): Role {
    const { names, lakeKey, tables } = this.props;
    const statement = (sid: string, actions: string[], resources: string[]): PolicyStatement =>
      new PolicyStatement({ sid, actions, resources });
    return new Role(this, 'Role', {
      // Firehose tells its account as external id.
      assumedBy: new ServicePrincipal('firehose.amazonaws.com', { conditions: { StringEquals: { 'sts:ExternalId': Aws.ACCOUNT_ID } } }),
      description: 'Delivery streams: reads table schemas, writes landing files.',
      inlinePolicies: {
        Delivery: new PolicyDocument({
          statements: [
            statement('Bucket', ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'], [bucketArn(names.lakeBucket)]),
            statement(
              'Files',
              ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
              [bucketArn(names.lakeBucket, `${LAKE_FOLDER}*/landing/*`), bucketArn(names.lakeBucket, `${ERROR_FOLDER}*`)],
            ),
            statement('Encrypt', ['kms:Decrypt', 'kms:GenerateDataKey'], [lakeKey.keyArn]),
            statement(
              'Schemas',
              ['glue:GetTable', 'glue:GetTableVersion', 'glue:GetTableVersions'],
              [
                arnOf('glue', 'catalog'),
                arnOf('glue', `database/${names.landingDatabase}`),
                ...tables.map(({ name }) => arnOf('glue', `table/${names.landingDatabase}/${name}`)),
              ],
            ),
            statement('Log', ['logs:PutLogEvents'], [logs.logGroupArn]),
          ],
        }),
      },
    });
  }

  private deliveryStream(table: TableSchema, role: Role, logs: LogGroup): void {
    const { names, landed, lakeKey, bufferS } = this.props;
    const logStream = new LogStream(this, `Log-${table.name}`, {
      logGroup: logs,
      logStreamName: table.name,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const stream = new CfnDeliveryStream(this, `Stream-${table.name}`, {
      deliveryStreamName: deliveryStreamName(names.prefix, table.name),
      deliveryStreamType: 'DirectPut',
      deliveryStreamEncryptionConfigurationInput: { keyType: 'CUSTOMER_MANAGED_CMK', keyArn: lakeKey.keyArn },
      extendedS3DestinationConfiguration: {
        bucketArn: bucketArn(names.lakeBucket),
        roleArn: role.roleArn,
        prefix: `${deliveryObjectPrefix(table.name)}${FILE_NAME_START}`,
        errorOutputPrefix: `${ERROR_FOLDER}${table.name}/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/`,
        bufferingHints: { sizeInMBs: BUFFER_MB, intervalInSeconds: bufferS },
        compressionFormat: 'UNCOMPRESSED',
        fileExtension: '.parquet',
        encryptionConfiguration: { kmsEncryptionConfig: { awskmsKeyArn: lakeKey.keyArn } },
        dynamicPartitioningConfiguration: { enabled: true, retryOptions: { durationInSeconds: RETRY_S } },
        processingConfiguration: { enabled: true, processors: processorsOf(table) },
        dataFormatConversionConfiguration: conversionOf(table, { role, database: names.landingDatabase }),
        cloudWatchLoggingOptions: { enabled: true, logGroupName: logs.logGroupName, logStreamName: logStream.logStreamName },
      },
    });
    const schema = landed.get(table.name);
    if (schema !== undefined) stream.node.addDependency(schema);
    stream.node.addDependency(role);
  }
}

/** Rows come joined in records: they are taken apart first, then each tells its partition. */
function processorsOf(table: TableSchema): CfnDeliveryStream.ProcessorProperty[] {
  const parameter = (parameterName: string, parameterValue: string): CfnDeliveryStream.ProcessorParameterProperty => ({
    parameterName,
    parameterValue,
  });
  return [
    { type: 'RecordDeAggregation', parameters: [parameter('SubRecordType', 'JSON')] },
    {
      type: 'MetadataExtraction',
      parameters: [parameter('MetadataExtractionQuery', partitionQuery(table)), parameter('JsonParsingEngine', 'JQ-1.6')],
    },
  ];
}

function conversionOf(
  table: TableSchema,
  { role, database }: { readonly role: Role; readonly database: string },
): CfnDeliveryStream.DataFormatConversionConfigurationProperty {
  return {
    enabled: true,
    schemaConfiguration: {
      catalogId: Aws.ACCOUNT_ID,
      region: Aws.REGION,
      databaseName: database,
      tableName: table.name,
      versionId: 'LATEST',
      roleArn: role.roleArn,
    },
    inputFormatConfiguration: { deserializer: DESERIALIZERS[DELIVERY_DESERIALIZER] },
    outputFormatConfiguration: { serializer: { parquetSerDe: { compression: 'SNAPPY', writerVersion: 'V1' } } },
  };
}
