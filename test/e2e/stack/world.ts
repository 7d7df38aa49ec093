import { mkdirSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AthenaClient } from '@aws-sdk/client-athena';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { DisableRuleCommand, EventBridgeClient, ListRulesCommand, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { GetPartitionsCommand, GetTableCommand, GlueClient, UpdateTableCommand } from '@aws-sdk/client-glue';
import { IAMClient } from '@aws-sdk/client-iam';
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { GetFunctionConfigurationCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { liveItem } from '../../../functions/adapters/dynamo-items.ts';
import type { ServiceName } from '../../../lake/metrics.ts';
import { STACK } from './deployment.ts';
import { ACCOUNT, type Emulator, REGION } from './emulator.ts';
import type { Step } from './scenario.ts';

/** Names that the stacks give by convention, as a user of them knows them. */
export const NAMES = {
  stream: `${STACK}-events`,
  lakeBucket: `${STACK}-lake-${ACCOUNT}-${REGION}`,
  landing: `${STACK.replaceAll('-', '_')}_landing`,
  views: STACK.replaceAll('-', '_'),
  bus: STACK,
  topicArn: `arn:aws:sns:${REGION}:${ACCOUNT}:${STACK}-alerts`,
} as const;

const WAIT_MS = 180_000;
const CALL_MS = 20_000;
const PAUSE_MS = 300;
const PUT_RECORDS_MAX = 500;

/** What the tests do to a deployed stack from outside, with clients of their own. */
export class StackWorld {
  readonly athena: AthenaClient;
  readonly dynamodb: DynamoDBClient;
  readonly iam: IAMClient;
  private readonly bus: EventBridgeClient;
  private readonly glue: GlueClient;
  private readonly kinesis: KinesisClient;
  private readonly lambda: LambdaClient;
  private readonly s3: S3Client;
  private readonly sns: SNSClient;
  private readonly sqs: SQSClient;

  constructor({ endpoint }: Emulator) {
    const settings = {
      endpoint,
      region: REGION,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      // A new connection for each call: the emulator ends idle ones while they are used again.
      requestHandler: new NodeHttpHandler({
        httpAgent: new Agent({ keepAlive: false }),
        requestTimeout: CALL_MS,
        throwOnRequestTimeout: true,
      }),
    };
    this.athena = new AthenaClient(settings);
    this.dynamodb = new DynamoDBClient(settings);
    this.iam = new IAMClient(settings);
    this.bus = new EventBridgeClient(settings);
    this.glue = new GlueClient(settings);
    this.kinesis = new KinesisClient(settings);
    this.lambda = new LambdaClient(settings);
    this.s3 = new S3Client({ ...settings, forcePathStyle: true });
    this.sns = new SNSClient(settings);
    this.sqs = new SQSClient(settings);
  }

  /** Puts the lines of a step on the stream, in order. */
  async put({ lines }: Step): Promise<void> {
    for (let from = 0; from < lines.length; from += PUT_RECORDS_MAX) {
      const part = lines.slice(from, from + PUT_RECORDS_MAX);
      const Records = part.map(({ key, text }) => ({ PartitionKey: key, Data: Buffer.from(text) }));
      const answer = await this.kinesis.send(new PutRecordsCommand({ StreamName: NAMES.stream, Records }));
      if (answer.FailedRecordCount !== 0) throw new Error(`${answer.FailedRecordCount} records were not taken`);
    }
  }

  /** Items of the state table whose partition key begins so, by partition key and sort key. */
  async items(prefix: string): Promise<Map<string, string>> {
    const { Items } = await this.dynamodb.send(
      new ScanCommand({
        TableName: `${STACK}-state`,
        ConsistentRead: true,
        FilterExpression: 'begins_with(pk, :prefix)',
        ExpressionAttributeValues: { ':prefix': { S: prefix } },
      }),
    );
    const live = (Items ?? []).flatMap((item) => liveItem(item, Date.now()) ?? []);
    return new Map(live.map(({ pk, sk, body }) => [`${pk} ${sk}`, body]));
  }

  /** Events that the processor has finished with. */
  async seen(): Promise<number> {
    const shards = [...(await this.items('shards#')).values()].map((body) => JSON.parse(body) as { counters: { seen: number } });
    return shards.reduce((sum, { counters }) => sum + counters.seen, 0);
  }

  /** Calls a function as its schedule does; what it failed with, undefined if it did not. */
  async tick(service: ServiceName): Promise<string | undefined> {
    return this.invoke(service, { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} });
  }

  /** Calls a function with an event; what it failed with, undefined if it did not. */
  async invoke(service: ServiceName, event: unknown): Promise<string | undefined> {
    const answer = await this.lambda.send(
      new InvokeCommand({ FunctionName: `${STACK}-${service}`, Payload: Buffer.from(JSON.stringify(event)) }),
    );
    return answer.FunctionError === undefined ? undefined : Buffer.from(answer.Payload ?? []).toString();
  }

  /** ARN of a function's role. */
  async roleOf(service: ServiceName): Promise<string> {
    const { Role } = await this.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: `${STACK}-${service}` }));
    return Role ?? '';
  }

  /** Keys of the lake's bucket. */
  async objects(): Promise<string[]> {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const page = await this.s3.send(new ListObjectsV2Command({ Bucket: NAMES.lakeBucket, ContinuationToken: token }));
      keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return keys;
  }

  /** Text of an object of the lake's bucket. */
  async object(key: string): Promise<string> {
    const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: NAMES.lakeBucket, Key: key }));
    return (await Body?.transformToString()) ?? '';
  }

  /** Copies the lake's bucket into a folder. */
  async download(folder: string): Promise<void> {
    for (const key of await this.objects()) {
      const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: NAMES.lakeBucket, Key: key }));
      const path = join(folder, key);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, (await Body?.transformToByteArray()) ?? new Uint8Array());
    }
  }

  /** Hours of a landed table that queries see, as `dt/hour`. */
  async hours(table: string): Promise<string[]> {
    const { Partitions } = await this.glue.send(new GetPartitionsCommand({ DatabaseName: NAMES.landing, TableName: table }));
    return (Partitions ?? []).map(({ Values }) => (Values ?? []).join('/')).sort();
  }

  /** Folders of the bucket that the catalogue points at for the hours of a table, each ending in `/`. */
  async folders(table: string): Promise<string[]> {
    const { Partitions } = await this.glue.send(new GetPartitionsCommand({ DatabaseName: NAMES.landing, TableName: table }));
    const locations = (Partitions ?? []).map(({ StorageDescriptor }) => StorageDescriptor?.Location ?? '');
    return locations.map((location) => location.replace(`s3://${NAMES.lakeBucket}/`, '')).sort();
  }

  /** Puts the landed table in the place of its view, which the emulator cannot answer. */
  async replaceView(table: string): Promise<void> {
    const { Table } = await this.glue.send(new GetTableCommand({ DatabaseName: NAMES.landing, Name: table }));
    const { StorageDescriptor, PartitionKeys, TableType, Parameters } = Table ?? {};
    const TableInput = { Name: table, StorageDescriptor, PartitionKeys, TableType, Parameters };
    await this.glue.send(new UpdateTableCommand({ DatabaseName: NAMES.views, TableInput }));
  }

  /**
   * Turns off the rules that call functions for each object that lands. The emulator starts a process for each call, and hundreds of rows, each
   * an object of its own there, would take it minutes.
   */
  async ignoreObjects(): Promise<number> {
    const { Rules = [] } = await this.bus.send(new ListRulesCommand({}));
    const hearing = Rules.filter(({ EventPattern }) => EventPattern?.includes('Object Created') === true);
    for (const { Name } of hearing) await this.bus.send(new DisableRuleCommand({ Name }));
    return hearing.length;
  }

  /** Makes a queue that hears what the bus and the topic are told; a function that takes what is in it. */
  async listen(): Promise<() => Promise<{ readonly fromBus: unknown[]; readonly fromTopic: unknown[] }>> {
    const take = async (name: string, subscribe: (arn: string) => Promise<unknown>): Promise<() => Promise<unknown[]>> => {
      const arn = `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
      const allowed = { Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: arn };
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [allowed] });
      const { QueueUrl } = await this.sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: { Policy } }));
      await subscribe(arn);
      return () => this.drain(QueueUrl ?? '');
    };
    const fromBus = await take('e2e-bus', async (arn) => {
      const EventPattern = JSON.stringify({ account: [ACCOUNT] });
      await this.bus.send(new PutRuleCommand({ Name: 'e2e', EventBusName: NAMES.bus, EventPattern }));
      await this.bus.send(new PutTargetsCommand({ Rule: 'e2e', EventBusName: NAMES.bus, Targets: [{ Id: 'queue', Arn: arn }] }));
    });
    const fromTopic = await take('e2e-topic', (arn) =>
      this.sns.send(new SubscribeCommand({ TopicArn: NAMES.topicArn, Protocol: 'sqs', Endpoint: arn })),
    );
    return async () => ({ fromBus: await fromBus(), fromTopic: await fromTopic() });
  }

  private async drain(QueueUrl: string): Promise<unknown[]> {
    const bodies: unknown[] = [];
    for (;;) {
      const { Messages = [] } = await this.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      if (Messages.length === 0) return bodies;
      bodies.push(...Messages.map(({ Body }) => JSON.parse(Body ?? 'null') as unknown));
      const Entries = Messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle: ReceiptHandle ?? '' }));
      await this.sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  }

  /** Frees the clients' sockets. */
  close(): void {
    for (const client of [
      this.athena,
      this.dynamodb,
      this.iam,
      this.bus,
      this.glue,
      this.kinesis,
      this.lambda,
      this.s3,
      this.sns,
      this.sqs,
    ])
      client.destroy();
  }
}

/** Waits until `isSo` answers something; the answer. */
export async function eventually<T>(what: string, isSo: () => Promise<T | undefined>, log: () => string): Promise<T> {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const answer = await isSo();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`${what}: not within ${WAIT_MS / 1000} s; the emulator said last:\n${log().slice(-4_000)}`);
    await sleep(PAUSE_MS);
  }
}
