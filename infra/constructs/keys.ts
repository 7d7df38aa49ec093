import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { arnOf, type Names } from '../names.ts';
import type { Size } from '../sizes.ts';

/** Longest waiting time of a deletion: a deleted key takes all its data with it. */
const DELETION_WINDOW = Duration.days(30);

/** Customer-managed keys by what they protect; in the small size stream, state and lake share one. */
export class Keys extends Construct {
  readonly stream: IKey;
  readonly state: IKey;
  readonly lake: IKey;
  /** Logs, topics, queues and the bus: what services other than ours write to. */
  readonly operations: IKey;

  constructor(scope: Construct, id: string, { names, size }: { readonly names: Names; readonly size: Size }) {
    super(scope, id);
    const make = (role: string, what: string): Key =>
      new Key(this, role, {
        alias: `${names.prefix}-${role.toLowerCase()}`,
        description: `Headrace ${names.prefix}: ${what}`,
        enableKeyRotation: true,
        pendingWindow: DELETION_WINDOW,
        // What is encrypted outlives the stack, and so must its key.
        removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      });
    const shared = size.keys === 'shared' ? make('Data', 'stream, state and lake') : undefined;
    this.stream = shared ?? make('Stream', 'event stream');
    this.state = shared ?? make('State', 'state table');
    this.lake = shared ?? make('Lake', 'lake, delivery and query results');
    const operations = make('Operations', 'logs, topics, queues and bus');
    for (const statement of serviceStatements(names)) operations.addToResourcePolicy(statement);
    this.operations = operations;
  }
}

/** Services that use the operations key for resources of this environment. */
function serviceStatements({ prefix, bus, alarmTopic }: Names): PolicyStatement[] {
  const resources = ['*'];
  const use = ['kms:Decrypt', 'kms:GenerateDataKey'];
  const account = { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } };
  return [
    new PolicyStatement({
      sid: 'LogGroups',
      principals: [new ServicePrincipal(`logs.${Aws.REGION}.amazonaws.com`)],
      actions: [...use, 'kms:Encrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:DescribeKey'],
      resources,
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': arnOf('logs', `log-group:/aws/*/${prefix}*`) } },
    }),
    new PolicyStatement({
      sid: 'AlarmsToTopic',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: use,
      resources,
      conditions: account,
    }),
    new PolicyStatement({
      sid: 'UndeliveredAlarmsToQueue',
      principals: [new ServicePrincipal('sns.amazonaws.com')],
      actions: use,
      resources,
      conditions: { ...account, ArnEquals: { 'aws:SourceArn': arnOf('sns', alarmTopic) } },
    }),
    new PolicyStatement({
      sid: 'EventsToQueues',
      principals: [new ServicePrincipal('events.amazonaws.com')],
      actions: use,
      resources,
      conditions: { ...account, ArnLike: { 'aws:SourceArn': arnOf('events', `rule/${prefix}-*`) } },
    }),
    new PolicyStatement({
      sid: 'Bus',
      principals: [new ServicePrincipal('events.amazonaws.com')],
      actions: [...use, 'kms:DescribeKey'],
      resources,
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, 'aws:SourceArn': arnOf('events', `event-bus/${bus}`) } },
    }),
  ];
}
