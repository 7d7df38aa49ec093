import { type App, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Names } from './names.ts';

/** A finding of a rule pack that stands, and why. */
export interface Acknowledgement {
  /** Id of the rule, with the finding in brackets where a rule has several for one resource. */
  readonly rule: string;
  /** Construct paths that it is about, and all below them. */
  readonly at: readonly string[];
  readonly reason: string;
}

const PROCESSOR = 'processor/Processor';
const CLOSER = 'processor/Closer/Scheduled';
const PARTITIONS = 'processor/Partitions/Scheduled';
const COMPACTION = 'processor/Compaction/Scheduled';
const BACKFILL = 'processor/Backfill';
const ERASURE = 'processor/Erasure';
const ALERTS = 'alerts/AlertDelivery/Scheduled';
const FAILURE_QUEUES = [
  `${CLOSER}/Failures`,
  `${PARTITIONS}/Failures`,
  `${COMPACTION}/Failures`,
  `${BACKFILL}/Failures`,
  `${ALERTS}/Failures`,
  'alerts/AlertDelivery/StreamFailures',
  // There only with an operator's address.
  'alerts/Subscribers/AlarmFailures',
];

/** Every finding that stands, for an environment with these names. */
export function acknowledgements(names: Names): Acknowledgement[] {
  return [
    {
      rule: 'AwsSolutions-KDS3',
      at: ['stream/EventStream/Stream'],
      reason:
        'The key is customer-managed on purpose: its policy, rotation and deletion are ours to control. The price of its calls is small, since Kinesis keeps data keys for minutes.',
    },
    ...wildcards(names),
    ...backfillWildcards(names),
    ...queues(),
    {
      rule: 'Serverless-LambdaDLQ',
      at: [`${BACKFILL}/Steps`],
      reason: 'Nothing calls it asynchronously: the state machine waits for each call, tries it again, and reports what failed.',
    },
    {
      rule: 'Serverless-LambdaDLQ',
      at: [`${ERASURE}/Function`],
      reason: 'Nothing calls it asynchronously: a person waits for each call, and the same call again goes on.',
    },
    {
      rule: 'Serverless-LambdaDLQ',
      at: [`${PROCESSOR}/Function`],
      reason:
        'Nothing calls it asynchronously. Its mapping retries without end and writes what it would have to give up to the failures bucket, which alarms.',
    },
    {
      rule: 'Serverless-LambdaDLQ',
      at: [`${CLOSER}/Function`, `${PARTITIONS}/Function`, `${COMPACTION}/Function`, `${ALERTS}/Function`],
      reason:
        'An on-failure destination takes its place: the same queue, with the error beside the event. The rule knows the older setting only.',
    },
  ];
}

function wildcards({ prefix }: Names): Acknowledgement[] {
  const bucket = (role: string): string => `arn:<AWS::Partition>:s3:::${prefix}-${role}-<AWS::AccountId>-<AWS::Region>`;
  const any = ['AwsSolutions-IAM5[Resource::*]', 'Serverless-LambdaStarPermissions'];
  return [
    ...any.map((rule) => ({
      rule,
      at: [...[PROCESSOR, CLOSER, PARTITIONS, COMPACTION, ERASURE].map((path) => `${path}/Function/Role`), `${BACKFILL}/Steps/Role`],
      reason: 'For xray:PutTraceSegments and xray:PutTelemetryRecords only: X-Ray has no resources to name.',
    })),
    ...any.map((rule) => ({
      rule,
      at: [`${ALERTS}/Function/Role`],
      reason: 'X-Ray, which has no resources to name, and dynamodb:ListStreams, which the mapping needs and which lists names only.',
    })),
    {
      rule: `AwsSolutions-IAM5[Resource::${bucket('lake')}/lake/*/landing/*]`,
      at: [
        ...[PROCESSOR, CLOSER, COMPACTION, ERASURE].map((path) => `${path}/Function/Role`),
        `${BACKFILL}/Steps/Role`,
        'lake/Delivery/Role',
      ],
      reason:
        'Names of landing files end in time and id, and the first * is the table. What compaction publishes lies outside of landing/.',
    },
    ...['gen=*', 'manifest/*', 'aside/*'].map((folder) => ({
      rule: `AwsSolutions-IAM5[Resource::${bucket('lake')}/lake/*/${folder}]`,
      at: [`${COMPACTION}/Function/Role`, `${ERASURE}/Function/Role`, ...(folder === 'aside/*' ? [] : [`${BACKFILL}/Steps/Role`])],
      reason: 'Generations and manifests of all tables, and what was set aside, are named by number and hour; the first * is the table.',
    })),
    {
      rule: `AwsSolutions-IAM5[Resource::${bucket('lake')}/lake/_rules/*]`,
      at: [`${ALERTS}/Function/Role`, `${PROCESSOR}/Function/Role`, `${BACKFILL}/Steps/Role`, `${ERASURE}/Function/Role`],
      reason: 'Rule sets are named by the digest of what they say, and every one that was in force is kept.',
    },
    {
      rule: `AwsSolutions-IAM5[Resource::${bucket('lake')}/lake/_erasure/*]`,
      at: [`${ERASURE}/Function/Role`],
      reason: 'Receipts of erasures are named by time and pseudonym.',
    },
    {
      rule: `AwsSolutions-IAM5[Resource::${bucket('lake')}/delivery-errors/*]`,
      at: ['lake/Delivery/Role'],
      reason: 'Firehose names the files of rows that it could not deliver by table, kind of error and time.',
    },
    {
      rule: `AwsSolutions-IAM5[Resource::${bucket('failures')}/aws/lambda/*]`,
      at: [`${PROCESSOR}/Function/Role`],
      reason: 'Lambda names the files of given-up batches by mapping, shard and time, below a folder that it fixes.',
    },
  ];
}

function backfillWildcards({ prefix, backfill }: Names): Acknowledgement[] {
  const bucket = (role: string): string => `arn:<AWS::Partition>:s3:::${prefix}-${role}-<AWS::AccountId>-<AWS::Region>`;
  const machine = `${BACKFILL}/Machine/Role`;
  return [
    {
      rule: `AwsSolutions-IAM5[Resource::${bucket('lake')}/backfill/*]`,
      at: [`${BACKFILL}/Steps/Role`, machine, `${ERASURE}/Function/Role`],
      reason: 'Each backfill works in a folder of its own name; nothing that people query lies there.',
    },
    {
      rule: `AwsSolutions-IAM5[Resource::${bucket('results')}/results/*]`,
      at: [`${BACKFILL}/Steps/Role`],
      reason: 'Athena names the objects of a result by the id of the query, in the folder that the workgroup fixes.',
    },
    {
      rule: 'AwsSolutions-IAM5[Resource::*]',
      at: [machine],
      reason: 'X-Ray and the deliveries of logs have no resources to name.',
    },
    ...[':*', '/*'].map((rest) => ({
      rule: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:${backfill}${rest}]`,
      at: [machine],
      reason: 'A map run looks after its child executions, which the service names; they are all of this one state machine.',
    })),
  ];
}

function queues(): Acknowledgement[] {
  return [
    {
      rule: 'AwsSolutions-SQS3',
      at: FAILURE_QUEUES,
      reason:
        'This is where failures end: dead letters of rules, on-failure destination of calls. Nothing consumes it but a person, told by its alarm.',
    },
    {
      rule: 'Serverless-SQSRedrivePolicy',
      at: FAILURE_QUEUES,
      reason: 'A queue of failures has no queue of failures: nothing receives from it automatically, so no message is received too often.',
    },
  ];
}

/** Records the acknowledgements on the constructs they are about; those that this app does not have are passed over. */
export function acknowledgeFindings(app: App, names: Names): void {
  for (const { rule, at, reason } of acknowledgements(names))
    for (const path of at) {
      const construct = constructAt(app, path);
      if (construct !== undefined) Validations.of(construct).acknowledge({ id: rule, reason });
    }
}

function constructAt(app: App, path: string): IConstruct | undefined {
  return path.split('/').reduce<IConstruct | undefined>((scope, id) => scope?.node.tryFindChild(id), app);
}
