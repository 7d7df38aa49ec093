import validate from 'asl-validator';
import { describe, expect, test } from 'vitest';
import { backfillDefinition } from '../../functions/backfill/workflow/definition.ts';
import { SIZES, type SizeName } from '../../infra/sizes.ts';
import { WorkflowWorld } from '../local/workflow/world.ts';
import { configOf, flat, templatesOf } from './support.ts';

interface Statement {
  readonly Sid: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

const sizes = Object.keys(SIZES) as SizeName[];
const made = new Map(await Promise.all(sizes.map(async (size) => [size, await templatesOf(configOf({ size }))] as const)));

/** What an account puts in for the names of CloudFormation. */
function deployed(text: string): string {
  return text
    .replaceAll('<AWS::Partition>', 'aws')
    .replaceAll('<AWS::Region>', 'eu-west-1')
    .replaceAll('<AWS::AccountId>', '123456789012')
    .replace(/<BackfillSteps[^>]*\.Arn>/g, 'arn:aws:lambda:eu-west-1:123456789012:function:headrace-dev-backfill');
}

describe.each(sizes)('in the size %s', (size) => {
  const templates = made.get(size);
  if (templates === undefined) throw new Error(size);
  const [machine] = templates.properties('AWS::StepFunctions::StateMachine').map((one) => flat(one) as Record<string, unknown>);
  const text = deployed(String(machine?.['DefinitionString']));
  const roleStatements = (part: string): Statement[] =>
    [...templates.resources('AWS::IAM::Role')].flatMap(([id, { Properties }]) => {
      const { Policies: policies } = flat(Properties) as {
        readonly Policies: readonly { readonly PolicyDocument: { readonly Statement: readonly Statement[] } }[];
      };
      return id.includes(part) ? policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement) : [];
    });

  test('the definition as synthesised is the one of the one-machine mode, and the linter finds nothing', () => {
    const definition = JSON.parse(text) as object;
    expect(definition).toEqual(
      backfillDefinition({
        functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:headrace-dev-backfill',
        bucket: 'headrace-dev-lake-123456789012-eu-west-1',
        workPrefix: 'backfill/',
        concurrency: 40,
      }),
    );
    const { isValid, errorsText } = validate(definition, { checkArn: true, checkPaths: true });
    expect([isValid, isValid ? '' : errorsText('\n')]).toEqual([true, '']);
  });

  test('the definition as synthesised runs: to the end, and back when publishing fails', async () => {
    const world = new WorkflowWorld();
    expect(await world.run({ definition: text })).toMatchObject({ status: 'succeeded', output: { concurrency: 40 } });
    const failing = new WorkflowWorld();
    failing.script.publish = [Object.assign(new Error('gone'), { name: 'LakeError' })];
    expect(await failing.run({ definition: text })).toMatchObject({ status: 'failed' });
    expect(failing.calls.slice(-2)).toEqual(['compensate', 'report']);
  });

  test('the state machine is of the durable kind, traced, and logs everything but data, encrypted', () => {
    expect(machine).toMatchObject({
      StateMachineName: 'headrace-dev-backfill',
      StateMachineType: 'STANDARD',
      TracingConfiguration: { Enabled: true },
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false, Destinations: [expect.anything()] },
    });
    const logs = templates.properties('AWS::Logs::LogGroup').find((one) => String(one['LogGroupName']).includes('/states/'));
    expect(logs?.['KmsKeyId']).toEqual(expect.anything());
  });

  test('the state machine may call its function only, start itself only, and touch the work folder only', () => {
    const bySid = new Map(roleStatements('BackfillMachine').map((one) => [one.Sid, one]));
    const self = 'arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:';
    expect(bySid.get('Steps')).toMatchObject({
      Action: 'lambda:InvokeFunction',
      Resource: expect.stringMatching(/^<BackfillSteps\w+\.Arn>$/),
    });
    expect(bySid.get('StartChildren')).toMatchObject({
      Action: 'states:StartExecution',
      Resource: `${self}stateMachine:headrace-dev-backfill`,
    });
    expect(bySid.get('Children')?.Resource).toEqual(['/*', ':*'].map((rest) => `${self}execution:headrace-dev-backfill${rest}`));
    expect(bySid.get('ItemsAndResults')?.Resource).toMatch(/-lake-[^/]+\/backfill\/\*$/);
    expect([...bySid.keys()].sort()).toEqual(['Children', 'ItemsAndResults', 'Keys', 'Logs', 'StartChildren', 'Steps', 'Traces']);
  });

  test('the steps never touch the state, and ask the operators', () => {
    const statements = roleStatements('BackfillSteps');
    const actions = statements.flatMap(({ Action }) => Action).filter((one) => one.startsWith('dynamodb:'));
    expect(actions.sort()).toEqual([]);
    expect(statements.find(({ Sid }) => Sid === 'AskOperators')?.Resource).toContain('AlarmTopic');
    const [steps] = templates.properties('AWS::Lambda::Function').filter((one) => one['FunctionName'] === 'headrace-dev-backfill');
    expect(steps).toMatchObject({ MemorySize: 2048, Timeout: 900, EphemeralStorage: { Size: 4096 } });
  });

  test('each night starts a check of the last days; one that is not started ends in a queue', () => {
    const rule = templates.properties('AWS::Events::Rule').find((one) => one['Name'] === 'headrace-dev-backfill-nightly');
    const {
      ScheduleExpression: schedule,
      State: state,
      Targets: targets,
    } = rule as {
      readonly ScheduleExpression: string;
      readonly State: string;
      readonly Targets: readonly { readonly Input: string; readonly DeadLetterConfig: object }[];
    };
    expect([schedule, state]).toEqual(['cron(30 4 * * ? *)', 'ENABLED']);
    expect(JSON.parse(targets[0]?.Input ?? '')).toEqual({ request: { mode: 'verify', lastDays: 3 } });
    expect(flat(targets[0]?.DeadLetterConfig)).toEqual({ Arn: expect.stringContaining('BackfillFailures') });
    expect(roleStatements('BackfillStarterRole').map(({ Action }) => Action)).toEqual(['states:StartExecution']);
  });
});
