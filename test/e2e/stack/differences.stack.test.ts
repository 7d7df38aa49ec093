import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CreateDeliveryStreamCommand, FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { CreateStateMachineCommand, DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { CreateTopicCommand, PublishCommand, SetTopicAttributesCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EMULATOR_DIFFERENCES } from '../../../infra/emulator.ts';
import { ACCOUNT, type Emulator, REGION, startEmulator } from './emulator.ts';
import { eventually } from './world.ts';

const STEP_MS = 60_000;

let emulator: Emulator;
let settings: object;

beforeAll(async () => {
  emulator = await startEmulator({ isEnforcing: true });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  settings = { endpoint: emulator.endpoint, region: REGION, credentials, forcePathStyle: true };
}, STEP_MS);

afterAll(() => emulator?.stop());

/** How a stack of these resources ends. */
async function endOf(name: string, resources: object): Promise<string> {
  const client = new CloudFormationClient(settings);
  try {
    await client.send(new CreateStackCommand({ StackName: name, TemplateBody: JSON.stringify({ Resources: resources }) }));
    return await eventually(
      `stack ${name}`,
      async () => {
        const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: name }));
        const status = Stacks?.[0]?.StackStatus ?? '';
        return status.endsWith('IN_PROGRESS') ? undefined : status;
      },
      emulator.log,
    );
  } finally {
    client.destroy();
  }
}

/** Shows for each difference that it is still needed: what is left out or changed still does not work. */
const STILL_NEEDED: Readonly<Record<string, () => Promise<boolean>>> = {
  'AWS::Athena::NamedQuery': async () => {
    const Properties = { Name: 'q', Database: 'd', QueryString: 'SELECT 1' };
    const end = endOf('named-query', { Query: { Type: 'AWS::Athena::NamedQuery', Properties } });
    return end.then(
      (status) => status !== 'CREATE_COMPLETE',
      (error: Error) => error.message.includes('Unrecognized resource types'),
    );
  },
  'AWS::CloudWatch::Alarm': async () => {
    const metric = (MetricName: string) => ({ Metric: { Namespace: 'N', MetricName }, Period: 60, Stat: 'Sum' });
    const Metrics = [
      { Id: 'a', MetricStat: metric('A'), ReturnData: false },
      { Id: 'e', Expression: 'a * 2' },
    ];
    const Properties = { Metrics, ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 1, Threshold: 1 };
    return (await endOf('alarm', { Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties } })) !== 'CREATE_COMPLETE';
  },
  'AWS::SNS::TopicPolicy': async () => {
    const client = new SNSClient(settings);
    const { TopicArn = '' } = await client.send(new CreateTopicCommand({ Name: 'tls' }));
    const denied = {
      Effect: 'Deny',
      Principal: '*',
      Action: 'sns:Publish',
      Resource: TopicArn,
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    };
    const AttributeValue = JSON.stringify({ Version: '2012-10-17', Statement: [denied] });
    await client.send(new SetTopicAttributesCommand({ TopicArn, AttributeName: 'Policy', AttributeValue }));
    const isRefused = await client.send(new PublishCommand({ TopicArn, Message: 'm' })).then(
      () => false,
      () => true,
    );
    client.destroy();
    return isRefused;
  },
  'AWS::Events::Rule': async () => {
    const [firehose, s3] = [new FirehoseClient(settings), new S3Client(settings)];
    await s3.send(new CreateBucketCommand({ Bucket: 'objects' }));
    const destination = { BucketARN: 'arn:aws:s3:::objects', RoleARN: `arn:aws:iam::${ACCOUNT}:role/any` };
    const ExtendedS3DestinationConfiguration = { ...destination, BufferingHints: { IntervalInSeconds: 900, SizeInMBs: 128 } };
    await firehose.send(new CreateDeliveryStreamCommand({ DeliveryStreamName: 'objects', ExtendedS3DestinationConfiguration }));
    for (const text of ['a', 'b', 'c']) {
      const Records = [{ Data: Buffer.from(text) }];
      await firehose.send(new PutRecordBatchCommand({ DeliveryStreamName: 'objects', Records }));
    }
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'objects' }));
    for (const client of [firehose, s3]) client.destroy();
    return Contents.length === 3;
  },
  'AWS::StepFunctions::StateMachine': async () => {
    const client = new SFNClient(settings);
    const definition = {
      StartAt: 'M',
      States: {
        M: {
          Type: 'Map',
          ItemBatcher: { MaxItemsPerBatch: 2, BatchInput: { step: 's' } },
          ItemProcessor: {
            ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
            StartAt: 'P',
            States: { P: { Type: 'Pass', End: true } },
          },
          End: true,
        },
      },
    };
    const iam = new IAMClient(settings);
    const trust = { Effect: 'Allow', Principal: { Service: 'states.amazonaws.com' }, Action: 'sts:AssumeRole' };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] });
    await iam.send(new CreateRoleCommand({ RoleName: 'any', AssumeRolePolicyDocument }));
    iam.destroy();
    const roleArn = `arn:aws:iam::${ACCOUNT}:role/any`;
    const machine = await client.send(new CreateStateMachineCommand({ name: 'batches', roleArn, definition: JSON.stringify(definition) }));
    const begun = await client.send(new StartExecutionCommand({ stateMachineArn: machine.stateMachineArn, input: '[1,2]' }));
    const output = await eventually(
      'the map',
      async () => (await client.send(new DescribeExecutionCommand({ executionArn: begun.executionArn }))).output,
      emulator.log,
    );
    client.destroy();
    return JSON.stringify(JSON.parse(output)) === '[1,2]';
  },
  'AWS::Lambda::Function': async () => {
    const [firehose, s3] = [new FirehoseClient(settings), new S3Client(settings)];
    await s3.send(new CreateBucketCommand({ Bucket: 'rows' }));
    const parameters = (name: string, value: string) => [{ ParameterName: name as 'SubRecordType', ParameterValue: value }];
    await firehose.send(
      new CreateDeliveryStreamCommand({
        DeliveryStreamName: 'rows',
        ExtendedS3DestinationConfiguration: {
          BucketARN: 'arn:aws:s3:::rows',
          RoleARN: `arn:aws:iam::${ACCOUNT}:role/any`,
          Prefix: 'hour=!{partitionKeyFromQuery:hour}/',
          ErrorOutputPrefix: 'errors/',
          DynamicPartitioningConfiguration: { Enabled: true },
          ProcessingConfiguration: {
            Enabled: true,
            Processors: [
              { Type: 'RecordDeAggregation', Parameters: parameters('SubRecordType', 'JSON') },
              {
                Type: 'MetadataExtraction',
                Parameters: [...parameters('MetadataExtractionQuery', '{hour:.hour}'), ...parameters('JsonParsingEngine', 'JQ-1.6')],
              },
            ],
          },
        },
      }),
    );
    const Data = Buffer.from('{"hour":"01"}\n{"hour":"02"}\n');
    await firehose.send(new PutRecordBatchCommand({ DeliveryStreamName: 'rows', Records: [{ Data }] }));
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'rows' }));
    for (const client of [firehose, s3]) client.destroy();
    return !['hour=01/', 'hour=02/'].every((prefix) => Contents.some(({ Key }) => Key?.startsWith(prefix)));
  },
};

/** Differences that only a deployment with every permission checked could show to be needed: that it goes well shows that they are enough. */
const NOT_SHOWN = ['stacks', 'AWS::IAM::Role'];

describe('what is otherwise in an emulator', () => {
  test('is listed whole: each difference is shown to be needed, or named as not shown', () => {
    // Of types that one difference takes together, the first stands for all.
    const named = EMULATOR_DIFFERENCES.map(({ resource }) => resource.split(', ', 1)[0]).sort();
    expect(named).toEqual([...Object.keys(STILL_NEEDED), ...NOT_SHOWN].sort());
  });

  test.each(Object.keys(STILL_NEEDED))(
    'is still needed: %s',
    async (resource) => {
      expect(await STILL_NEEDED[resource]?.()).toBe(true);
    },
    STEP_MS,
  );
});
