import validate from 'asl-validator';
import { describe, expect, test } from 'vitest';
import { FINAL_ERRORS } from '../../../functions/backfill/events.ts';
import { APPROVAL_S, backfillDefinition } from '../../../functions/backfill/workflow/definition.ts';
import type { Catcher, Definition, Retrier, State } from '../../../functions/backfill/workflow/language.ts';
import { FUNCTION_TIMEOUT_S } from '../../../functions/backfill/workflow/retries.ts';

const place = { functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:f', bucket: 'lake', workPrefix: 'backfill/', concurrency: 8 };
const definition = backfillDefinition(place);

/** All states, those of the processors of maps too. */
function statesOf({ States: states }: Pick<Definition, 'States'>): (readonly [name: string, state: State])[] {
  return Object.entries(states).flatMap(([name, state]) => {
    const inner = state['ItemProcessor'] as Definition | undefined;
    return [[name, state] as const, ...(inner === undefined ? [] : statesOf(inner))];
  });
}

const all = statesOf(definition);
const tasks = all.filter(([, { Type }]) => Type === 'Task');
const maps = all.filter(([, { Type }]) => Type === 'Map');
const retriers = (state: State): readonly Retrier[] => (state['Retry'] ?? []) as unknown as Retrier[];
const catchers = (state: State): readonly Catcher[] => (state['Catch'] ?? []) as unknown as Catcher[];

describe('the linter', () => {
  const lint = (one: unknown) => validate(JSON.parse(JSON.stringify(one)) as object, { checkArn: true, checkPaths: true });

  test('finds nothing', () => {
    const { isValid, errorsText } = lint(definition);
    expect([isValid, isValid ? '' : errorsText('\n')]).toEqual([true, '']);
  });

  test('finds a way to nowhere, a wrong path, a field that is not one', () => {
    const plan = definition.States['Plan'];
    for (const wrong of [{ Next: 'Gone' }, { ResultPath: 'plan' }, { Retries: [] }])
      expect(lint({ ...definition, States: { ...definition.States, Plan: { ...plan, ...wrong } } }).isValid).toBe(false);
  });
});

describe('every task', () => {
  test.each(tasks)('%s has a time limit behind the death of its function, and no heartbeat that nobody sends', (name, task) => {
    expect(task['TimeoutSeconds']).toBe(name === 'AskApproval' ? APPROVAL_S : FUNCTION_TIMEOUT_S + 60);
    expect(task).not.toHaveProperty('HeartbeatSeconds');
  });

  test.each(tasks)('%s never tries final errors again, and others with growing rests and jitter', (_, task) => {
    const [first, ...others] = retriers(task);
    expect(first).toMatchObject({ ErrorEquals: expect.arrayContaining([...FINAL_ERRORS]), MaxAttempts: 0 });
    expect(others.length).toBeGreaterThan(1);
    for (const one of others) {
      expect(one).toMatchObject({ JitterStrategy: 'FULL', MaxDelaySeconds: expect.any(Number) });
      expect(one.BackoffRate).toBeGreaterThan(1);
      expect(one.MaxAttempts).toBeGreaterThan(1);
    }
    expect(others.flatMap(({ ErrorEquals }) => ErrorEquals)).toEqual(expect.arrayContaining(['RetriableError', 'States.TaskFailed']));
  });

  test('waits for hours for an engine that is still at work', () => {
    const shuffle = definition.States['Shuffle'];
    const still = shuffle === undefined ? undefined : retriers(shuffle).find(({ ErrorEquals }) => ErrorEquals.includes('StillRunning'));
    const averageS = ((still?.MaxDelaySeconds ?? 0) * (still?.MaxAttempts ?? 0)) / 2;
    expect(averageS).toBeGreaterThanOrEqual(4 * 3_600);
  });

  test('hands over nothing but step, id, references, and the request once', () => {
    const payloads = tasks.map(([, task]) => (task['Parameters'] as { readonly Payload: object }).Payload);
    const names = new Set(payloads.flatMap((one) => Object.keys(one)));
    expect([...names].sort()).toEqual(['failure.$', 'id.$', 'items.$', 'request.$', 'step', 'step.$', 'token.$']);
  });
});

describe('every map', () => {
  test('is one of the steps with items', () => {
    expect(maps.map(([name]) => name)).toEqual(['Check', 'Fold', 'Merge', 'Judge', 'Compare', 'Publish']);
  });

  test.each(maps)('%s is distributed, reads and writes by reference, tolerates nothing', (name, one) => {
    const step = name.toLowerCase();
    expect(one).toMatchObject({
      ItemReader: { ReaderConfig: { InputType: 'JSON' }, Parameters: { Bucket: 'lake', 'Key.$': `$.plan.items.${step}` } },
      ItemBatcher: { MaxItemsPerBatch: expect.any(Number), BatchInput: { step, 'id.$': '$$.Execution.Name' } },
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
      ResultWriter: { Parameters: { Bucket: 'lake', 'Prefix.$': `States.Format('backfill/{}/results/${step}', $$.Execution.Name)` } },
      ToleratedFailurePercentage: 0,
      ResultPath: null,
    });
    expect(retriers(one)[0]).toMatchObject({ JitterStrategy: 'FULL', BackoffRate: 2 });
    expect(one).toMatchObject(name === 'Publish' ? { MaxConcurrency: 1 } : { MaxConcurrencyPath: '$.concurrency' });
  });
});

test('whatever fails is caught: before publishing it is reported, from publishing on it is taken back first', () => {
  const top = Object.entries(definition.States).filter(([, { Type }]) => Type === 'Task' || Type === 'Map');
  const leads = Object.fromEntries(
    top.map(([name, state]) => [name, catchers(state).find(({ ErrorEquals }) => ErrorEquals[0] === 'States.ALL')?.Next]),
  );
  const { Publish, Report, Compensate, ReportFailure, ...before } = leads;
  expect({ Publish, Report, Compensate, ReportFailure }).toEqual({
    Publish: 'Compensate',
    Report: 'HasPublished',
    Compensate: 'NotCompensated',
    ReportFailure: 'Failed',
  });
  expect(new Set(Object.values(before))).toEqual(new Set(['ReportFailure']));
});

test('the same place makes the same text, another partition another one', () => {
  expect(JSON.stringify(backfillDefinition(place))).toBe(JSON.stringify(definition));
  const china = JSON.stringify(backfillDefinition({ ...place, partition: 'aws-cn' }));
  expect([china.includes('arn:aws-cn:states:::lambda:invoke'), china.includes('arn:aws:states')]).toEqual([true, false]);
});
