import { Stack } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { stackNames } from '../../cli/source/names.ts';
import { readVariables, type VariableName } from '../../functions/environment.ts';
import { ENVIRONMENTS } from '../../infra/config.ts';
import { EMULATOR_DIFFERENCES } from '../../infra/emulator.ts';
import { namesOf } from '../../infra/names.ts';
import { addStacks } from '../../infra/stacks/installation-stacks.ts';
import { configOf, emptyApp, flat, ingredientsOf, type Resource, Templates, templatesOf, wholeApp } from './support.ts';

/** The longest that account and region get. */
const ACCOUNT = '123456789012';
const REGION = 'ap-southeast-2';

/** Where the name of a resource stands, and the most characters that AWS takes. */
const NAME_LIMITS: Readonly<Record<string, readonly [property: string, max: number]>> = {
  'AWS::Kinesis::Stream': ['Name', 128],
  'AWS::DynamoDB::Table': ['TableName', 255],
  'AWS::S3::Bucket': ['BucketName', 63],
  'AWS::Lambda::Function': ['FunctionName', 64],
  'AWS::KinesisFirehose::DeliveryStream': ['DeliveryStreamName', 64],
  'AWS::Athena::WorkGroup': ['Name', 128],
  'AWS::Events::EventBus': ['Name', 256],
  'AWS::Events::Rule': ['Name', 64],
  'AWS::SNS::Topic': ['TopicName', 256],
  'AWS::SQS::Queue': ['QueueName', 80],
  'AWS::CloudWatch::Alarm': ['AlarmName', 255],
  'AWS::CloudWatch::Dashboard': ['DashboardName', 255],
  'AWS::Logs::LogGroup': ['LogGroupName', 512],
  'AWS::KMS::Alias': ['AliasName', 256],
  'AWS::StepFunctions::StateMachine': ['StateMachineName', 80],
};
/** Resources that hold data: what becomes of them with the stack is decided, not left to a default. */
const KEPT = ['AWS::DynamoDB::Table', 'AWS::KMS::Key', 'AWS::S3::Bucket'];
const DROPPED = ['AWS::Kinesis::Stream', 'AWS::Logs::LogGroup', 'AWS::Logs::LogStream'];
const STACK_RESOURCES_MAX = 500;
const TEMPLATE_BYTES_MAX = 1_000_000;

const made = new Map(await Promise.all(ENVIRONMENTS.map(async (env) => [env, await templatesOf(configOf({}, env))] as const)));

describe.each(ENVIRONMENTS)('in %s', (env) => {
  const templates = made.get(env);
  if (templates === undefined) throw new Error(env);
  const prefix = `headrace-${env}`;

  test('every name begins with the environment and is as short as AWS asks for', () => {
    for (const [type, [property, max]] of Object.entries(NAME_LIMITS)) {
      const names = templates
        .properties(type)
        .map((one) => String(flat(one[property])).replace('<AWS::AccountId>', ACCOUNT).replace('<AWS::Region>', REGION));
      expect([type, names.length > 0]).toEqual([type, true]);
      for (const name of names) {
        expect(name).toMatch(new RegExp(`^(alias/|/aws/[\\w/]+/)?${prefix}`));
        expect([name, name.length <= max]).toEqual([name, true]);
      }
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test('whatever holds data is kept, and every other decision is made too', () => {
    const policies = (type: string): Set<string | undefined> =>
      new Set(
        [...templates.resources(type).values()].flatMap(({ DeletionPolicy, UpdateReplacePolicy }) => [DeletionPolicy, UpdateReplacePolicy]),
      );
    for (const type of KEPT) expect([type, policies(type)]).toEqual([type, new Set(['RetainExceptOnCreate', 'Retain'])]);
    for (const type of DROPPED) expect([type, policies(type)]).toEqual([type, new Set(['Delete'])]);
  });

  test('stacks and templates are within the limits of CloudFormation', () => {
    for (const [role, template] of templates.byRole) {
      const body = template.toJSON() as { readonly Resources: object };
      expect([role, Object.keys(body.Resources).length < STACK_RESOURCES_MAX]).toEqual([role, true]);
      expect([role, JSON.stringify(body).length < TEMPLATE_BYTES_MAX]).toEqual([role, true]);
    }
  });

  test('a stack imports only from stacks that are deployed before it', () => {
    const order = [...templates.byRole.keys()];
    for (const [role, template] of templates.byRole) {
      const from = [...JSON.stringify(template.toJSON()).matchAll(new RegExp(`"Fn::ImportValue":"${prefix}-([a-z]+):`, 'g'))];
      for (const [, other = ''] of from) expect([role, other, order.indexOf(other) < order.indexOf(role)]).toEqual([role, other, true]);
    }
  });

  test('the processor stack tells tools what they look up, as the command knows it by convention', () => {
    const outputs = flat(templates.of('processor').toJSON()['Outputs']) as Record<string, { readonly Value: string }>;
    // What other stacks import is an output too.
    const own = Object.entries(outputs).filter(([name]) => !name.startsWith('ExportsOutput'));
    const values = Object.fromEntries(own.map(([name, { Value }]) => [name, Value]));
    const { stream, stateTable, database, landingDatabase, workgroup } = stackNames(prefix);
    expect(values).toEqual({
      StreamName: stream,
      StateTableName: stateTable,
      LakeBucketName: `${prefix}-lake-<AWS::AccountId>-<AWS::Region>`,
      DatabaseName: database,
      LandingDatabaseName: landingDatabase,
      WorkgroupName: workgroup,
      BusName: prefix,
      TopicArn: expect.stringContaining(`${prefix}-alerts:`),
      DeliveryPrefix: prefix,
      BackfillArn: `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:stateMachine:${prefix}-backfill`,
    });
  });

  test('stacks are named by environment and role', async () => {
    const app = emptyApp();
    addStacks(app, await ingredientsOf(configOf({}, env)));
    const stacks = app.node.children.filter((child) => Stack.isStack(child));
    expect(stacks.map(({ stackName }) => stackName)).toEqual(
      ['keys', 'stream', 'state', 'lake', 'alerts', 'processor', 'observability'].map((role) => `${prefix}-${role}`),
    );
  });
});

test('functions take the variables that they are given, and are given all that they need', () => {
  const optional: VariableName = 'HEADRACE_RECORD_ROWS_MAX';
  for (const one of made.get('dev')?.properties('AWS::Lambda::Function') ?? []) {
    const { Variables } = flat(one['Environment']) as { readonly Variables: Record<string, string> };
    const arn = 'arn:aws:kinesis:us-east-1:123456789012:stream/headrace-dev-events';
    const topic = 'arn:aws:sns:us-east-1:123456789012:headrace-dev-alerts';
    const bucket = Variables['HEADRACE_LAKE_BUCKET']?.replace('<AWS::AccountId>', ACCOUNT).replace('<AWS::Region>', REGION);
    const resolved = {
      ...Variables,
      HEADRACE_STREAM_ARN: arn,
      HEADRACE_TOPIC_ARN: topic,
      HEADRACE_OPERATOR_TOPIC_ARN: topic,
      HEADRACE_LAKE_BUCKET: bucket,
    };
    const names = Object.keys(resolved).filter((name): name is VariableName => name.startsWith('HEADRACE_'));
    expect(() => readVariables(resolved, names, [optional])).not.toThrow();
    expect(Variables).toMatchObject({ HEADRACE_PIPELINE: 'payments', HEADRACE_NAMESPACE: namesOf('dev').metricNamespace });
  }
});

test('the same configuration makes the same templates', async () => {
  const again = await templatesOf(configOf());
  for (const [role, template] of made.get('dev')?.byRole ?? []) expect(again.of(role).toJSON()).toEqual(template.toJSON());
});

describe('for an emulator', () => {
  test('what is left out and changed is what the list of differences says, and nothing else', async () => {
    const emulated = new Templates(await wholeApp(configOf(), { emulator: true })).resources();
    const usual = made.get('dev')?.resources() ?? new Map<string, Resource>();
    const differing = new Set<string>();
    for (const [id, resource] of usual) {
      const other = emulated.get(id);
      if (JSON.stringify(withoutCode(other)) !== JSON.stringify(withoutCode(resource))) differing.add(resource.Type);
    }
    const listed = EMULATOR_DIFFERENCES.flatMap(({ resource }) => resource.split(', ')).filter((one) => one !== 'stacks');
    expect([...differing].sort()).toEqual(listed.sort());
    expect([...emulated.keys()].filter((id) => !usual.has(id))).toEqual([]);
    expect([...usual.values()].filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')).toHaveLength(
      [...emulated.values()].filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm').length + 3,
    );
  });
});

/** A function's code lies in the bucket of the synthesizer, which differs by credentials, not by content. */
function withoutCode(resource: Resource | undefined): Resource | undefined {
  if (resource?.Type !== 'AWS::Lambda::Function') return resource;
  const { Code: _, ...rest } = resource.Properties;
  return { ...resource, Properties: rest };
}
