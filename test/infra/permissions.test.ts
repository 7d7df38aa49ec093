import { describe, expect, test } from 'vitest';
import { SIZES, type SizeName } from '../../infra/sizes.ts';
import { SERVICES } from '../../lake/metrics.ts';
import { configOf, flat, type Resource, templatesOf } from './support.ts';

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

interface Role {
  readonly id: string;
  readonly trusts: string;
  readonly statements: readonly Statement[];
}

const sizes = Object.keys(SIZES) as SizeName[];
const made = new Map(await Promise.all(sizes.map(async (size) => [size, await templatesOf(configOf({ size }))] as const)));

const list = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value);

/** Every resource with a `*` that a role may have, and why it cannot be named. `ROLE ACTION RESOURCE`, or all roles. */
const WILDCARDS: Readonly<Record<string, string>> = {
  'xray:PutTraceSegments *': 'X-Ray has no resources to name',
  'xray:PutTelemetryRecords *': 'X-Ray has no resources to name',
  'dynamodb:ListStreams *': 'lists names only, and the mapping of the table stream is refused without it',
  's3:PutObject lake/*/landing/*': 'the first * is the table; names of files end in time and id',
  's3:GetObject lake/*/landing/*': 'as Firehose asks for, on what it wrote itself',
  's3:DeleteObject lake/*/landing/*': 'compaction removes what a generation has included for long',
  's3:GetObject lake/*/gen=*': 'generations are named by number and hour',
  's3:PutObject lake/*/gen=*': 'generations are named by number and hour',
  's3:DeleteObject lake/*/gen=*': 'compaction removes generations whose time has come',
  's3:GetObject lake/*/manifest/*': 'manifests are named by hour',
  's3:PutObject lake/*/manifest/*': 'manifests are named by hour',
  's3:DeleteObject lake/*/manifest/*': 'the manifest of an hour that left its table goes last',
  's3:DeleteObject lake/*/aside/*': 'what was set aside leaves with its hour',
  's3:GetObject lake/*/aside/*': 'an erasure looks into what was set aside',
  's3:GetObject lake/_erasure/*': 'receipts are named by time and pseudonym',
  's3:GetObject lake/_rules/*': 'rule sets are named by their digest',
  's3:PutObject lake/_rules/*': 'rule sets are named by their digest',
  's3:PutObject lake/_erasure/*': 'receipts are named by time and pseudonym',
  's3:AbortMultipartUpload lake/*/landing/*': 'as Firehose asks for, on what it wrote itself',
  's3:PutObject delivery-errors/*': 'Firehose names the files',
  's3:GetObject delivery-errors/*': 'as Firehose asks for, on what it wrote itself',
  's3:AbortMultipartUpload delivery-errors/*': 'as Firehose asks for, on what it wrote itself',
  's3:PutObject aws/lambda/*': 'Lambda names the files',
  ...Object.fromEntries(
    ['AbortMultipartUpload', 'DeleteObject', 'GetObject', 'ListMultipartUploadParts', 'PutObject'].map(
      (action) => [`s3:${action} backfill/*`, 'each backfill works in a folder of its own name'] as const,
    ),
  ),
  ...Object.fromEntries(
    ['AbortMultipartUpload', 'GetObject', 'ListMultipartUploadParts', 'PutObject'].map(
      (action) => [`s3:${action} results/*`, 'Athena names the objects of a result'] as const,
    ),
  ),
  ...Object.fromEntries(
    [':*', '/*'].flatMap((rest) =>
      ['DescribeExecution', 'RedriveExecution', 'StopExecution'].map((action) => [
        `states:${action} arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:headrace-dev-backfill${rest}`,
        'the service names child executions; they are all of one state machine',
      ]),
    ),
  ),
  ...Object.fromEntries(
    ['CreateLogDelivery', 'DeleteLogDelivery', 'GetLogDelivery', 'UpdateLogDelivery', 'ListLogDeliveries', 'PutResourcePolicy'].map(
      (action) => [`logs:${action} *`, 'deliveries of logs have no resources to name'] as const,
    ),
  ),
  'logs:DescribeResourcePolicies *': 'deliveries of logs have no resources to name',
  'logs:DescribeLogGroups *': 'deliveries of logs have no resources to name',
  'xray:GetSamplingRules *': 'X-Ray has no resources to name',
  'xray:GetSamplingTargets *': 'X-Ray has no resources to name',
};

/** `ACTION` and the part of the resource after the bucket. */
function wildcardsOf({ Action, Resource }: Statement): string[] {
  // The ARN that CloudWatch gives a log group ends in its log streams; it is one group all the same.
  const named = list(Resource).filter((one) => one.includes('*') && !one.includes('log-group'));
  return named.flatMap((one) => list(Action).map((action) => `${action} ${one.replace(/^arn:<AWS::Partition>:s3:::[^/]+\//, '')}`));
}

describe.each(sizes)('in the size %s', (size) => {
  const templates = made.get(size);
  if (templates === undefined) throw new Error(size);
  const functions = [...templates.resources('AWS::Lambda::Function')];
  const roles: Role[] = [...templates.resources('AWS::IAM::Role')].map(([id, { Properties }]) => {
    const { AssumeRolePolicyDocument: trust, Policies: policies } = flat(Properties) as {
      readonly AssumeRolePolicyDocument: { readonly Statement: readonly { readonly Principal: { readonly Service: string } }[] };
      readonly Policies: readonly { readonly PolicyDocument: { readonly Statement: readonly Statement[] } }[];
    };
    return {
      id,
      trusts: trust.Statement.map(({ Principal }) => Principal.Service).join(),
      statements: policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement),
    };
  });
  const roleOf = (service: string): Role => {
    const [id, found]: [string, Resource | undefined] = functions.find(
      ([, one]) => one.Properties['FunctionName'] === `headrace-dev-${service}`,
    ) ?? ['', undefined];
    const name = String(flat(found?.Properties['Role'])).replace(/^<(.+)\.Arn>$/, '$1');
    const role = roles.find((one) => one.id === `${id.split('/')[0]}/${name}`);
    if (role === undefined) throw new Error(`no role of ${service}`);
    return role;
  };

  test('there is one role for each function, one for delivery, two for backfills and their schedule, and each trusts one service', () => {
    expect(functions.map(([, { Properties }]) => Properties['FunctionName']).sort()).toEqual(
      SERVICES.map((one) => `headrace-dev-${one}`).sort(),
    );
    expect(new Set(SERVICES.map((service) => roleOf(service).id)).size).toBe(SERVICES.length);
    expect(roles.map(({ trusts }) => trusts).sort()).toEqual([
      'events.amazonaws.com',
      'firehose.amazonaws.com',
      ...SERVICES.map(() => 'lambda.amazonaws.com'),
      'states.amazonaws.com',
    ]);
  });

  test('a role has its own inline policy and nothing else: no managed policy, nothing that the library added', () => {
    expect(templates.properties('AWS::IAM::Policy')).toEqual([]);
    expect(templates.properties('AWS::IAM::ManagedPolicy')).toEqual([]);
    for (const properties of templates.properties('AWS::IAM::Role')) expect(properties).not.toHaveProperty('ManagedPolicyArns');
  });

  test('no role may do an action with a wildcard, and every resource with one is on the list', () => {
    const statements = roles.flatMap(({ statements }) => statements);
    for (const { Action, Effect } of statements) {
      expect(Effect).toBe('Allow');
      expect(list(Action).filter((action) => action.includes('*'))).toEqual([]);
    }
    expect(new Set(statements.flatMap(wildcardsOf))).toEqual(new Set(Object.keys(WILDCARDS)));
  });

  test('each statement has an id, its own within the role, so that one can be taken away', () => {
    for (const { id, statements } of roles) {
      const sids = statements.map(({ Sid }) => Sid);
      expect([id, new Set(sids).size, sids.includes(undefined)]).toEqual([id, statements.length, false]);
    }
  });

  test.each([
    ['process-stream', ['dynamodb', 'firehose', 'kinesis', 'kms', 'logs', 's3', 'xray']],
    ['close-windows', ['dynamodb', 'firehose', 'kinesis', 'kms', 'logs', 's3', 'sqs', 'xray']],
    ['deliver-alerts', ['dynamodb', 'events', 'firehose', 'kms', 'logs', 's3', 'sns', 'sqs', 'xray']],
    ['register-partitions', ['glue', 'kms', 'logs', 'sqs', 'xray']],
    ['compact', ['glue', 'kms', 'logs', 's3', 'sqs', 'xray']],
    ['backfill', ['athena', 'glue', 'kms', 'logs', 's3', 'sns', 'states', 'xray']],
    ['forget', ['dynamodb', 'glue', 'kinesis', 'kms', 'logs', 's3', 'xray']],
  ])('%s reaches these services and no others', (service, services) => {
    const actions = roleOf(service).statements.flatMap(({ Action }) => list(Action));
    expect([...new Set(actions.map((action) => action.split(':')[0]))].sort()).toEqual(services);
  });

  test('the delivery of alerts reads the rules and snoozes and nothing else of the lake, and delivers rows of its own table only', () => {
    const statements = roleOf('deliver-alerts').statements;
    const resources = (action: string): string[] =>
      statements.filter(({ Action }) => list(Action).includes(action)).flatMap(({ Resource }) => [...list(Resource)]);
    expect(resources('s3:GetObject').map((arn) => arn.replace(/^.*:::[^/]*/, ''))).toEqual(['/lake/snoozes.json', '/lake/_rules/*']);
    expect(resources('firehose:PutRecordBatch').map((arn) => arn.replace(/^.*deliverystream/, ''))).toEqual([
      '/headrace-dev-alert-deliveries',
    ]);
    expect(resources('s3:PutObject')).toEqual([]);
  });

  test('no function deletes, purges, or changes what it did not make, but for those that replace what landed: compaction, backfill, erasure', () => {
    const actions = SERVICES.flatMap((service) =>
      roleOf(service)
        .statements.flatMap(({ Action }) => list(Action))
        .map((one) => `${service} ${one}`),
    );
    const found = new Set(actions.filter((action) => /:((Batch)?(Delete|Purge)|Create(?!LogStream)|Update|Attach|Pass|Tag)/.test(action)));
    expect([...found]).toEqual([
      'compact s3:DeleteObject',
      'compact glue:DeletePartition',
      'backfill s3:DeleteObject',
      'forget s3:DeleteObject',
    ]);
    const onWhat = roleOf('backfill').statements.filter(({ Action }) => list(Action).includes('s3:DeleteObject'));
    expect(onWhat.flatMap(({ Resource }) => list(Resource)).map((one) => one.split('/').slice(1).join('/'))).toEqual([
      'lake/*/gen=*',
      'backfill/*',
    ]);
  });
});
