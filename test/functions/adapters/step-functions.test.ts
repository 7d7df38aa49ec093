import { SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { answerTask, Executions, machineArnOf } from '../../../functions/adapters/step-functions.ts';
import { jsonService, patientRetry, type ServiceReply } from './json-server.ts';

const MACHINE = 'arn:aws:states:eu-west-1:123456789012:stateMachine:m';

async function service(...replies: readonly ServiceReply[]) {
  let at = 0;
  const { settings, calls } = await jsonService(() => replies[at++] ?? 'drop');
  const client = new SFNClient(settings);
  const retry = patientRetry(3);
  return { client, retry, calls, executions: new Executions({ client, machineArn: MACHINE, retry }) };
}

describe('executions', () => {
  test('are started by name with their input, again when an answer was lost', async () => {
    const { executions, calls } = await service('drop', { output: { executionArn: 'x', startDate: 0 } });
    await executions.start('b1', { request: { mode: 'verify' } });
    expect(calls.map(({ operation }) => operation)).toEqual(['StartExecution', 'StartExecution']);
    expect(calls[1]?.input).toEqual({ stateMachineArn: MACHINE, name: 'b1', input: '{"request":{"mode":"verify"}}' });
  });

  test('of a name that was taken are bad usage, and a denied permission says what to allow', async () => {
    const { executions } = await service({ error: 'ExecutionAlreadyExists' }, { error: 'AccessDeniedException', message: 'no' });
    await expect(executions.start('b1', {})).rejects.toThrow('--id: got "b1"; allowed: an id that no backfill of the last 90 days had');
    await expect(executions.start('b1', {})).rejects.toThrow(`Allow states:StartExecution on execution b1 of ${MACHINE}`);
  });

  test('are looked at by their own ARN: none, at work, ended', async () => {
    const { executions, calls } = await service(
      { error: 'ExecutionDoesNotExist' },
      { output: { status: 'PENDING_REDRIVE' } },
      { output: { status: 'TIMED_OUT', stopDate: 7 } },
      { output: { status: 'FAILED', error: 'E', cause: 'C', stopDate: 8 } },
    );
    expect(await executions.look('b1')).toBeUndefined();
    expect(await executions.look('b1')).toEqual({ status: 'running', error: '', cause: '', endedMs: undefined });
    expect(await executions.look('b1')).toMatchObject({ status: 'stopped', endedMs: 7_000 });
    expect(await executions.look('b1')).toEqual({ status: 'failed', error: 'E', cause: 'C', endedMs: 8_000 });
    expect(calls[0]?.input).toEqual({ executionArn: 'arn:aws:states:eu-west-1:123456789012:execution:m:b1' });
  });
});

test('a state machine is found by its name, on whichever page; one that is not there is none', async () => {
  const page = (name: string, nextToken?: string): ServiceReply => ({
    output: { stateMachines: [{ name, stateMachineArn: `arn:${name}` }], ...(nextToken === undefined ? {} : { nextToken }) },
  });
  const { client, retry, calls } = await service(page('other', 't'), page('m'), page('other'));
  expect(await machineArnOf(client, 'm', retry)).toBe('arn:m');
  expect(calls[1]?.input).toEqual({ nextToken: 't' });
  expect(await machineArnOf(client, 'm', retry)).toBeUndefined();
});

describe('a waiting task', () => {
  test('is told its output, or why it fails', async () => {
    const { client, retry, calls } = await service({ output: {} }, { output: {} });
    expect(await answerTask(client, retry, { token: 't', answer: { output: { approvedBy: 'ann' } } })).toBe(true);
    expect(await answerTask(client, retry, { token: 't', answer: { error: 'ApprovalRefused', cause: 'no' } })).toBe(true);
    expect(calls.map(({ operation, input }) => [operation, input])).toEqual([
      ['SendTaskSuccess', { taskToken: 't', output: '{"approvedBy":"ann"}' }],
      ['SendTaskFailure', { taskToken: 't', error: 'ApprovalRefused', cause: 'no' }],
    ]);
  });

  test('that waits no more is no error, one that may not be told is', async () => {
    const gone: ServiceReply[] = ['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'].map((error) => ({ error }));
    const { client, retry } = await service(...gone, { error: 'AccessDeniedException', message: 'no' });
    const tell = (): Promise<boolean> => answerTask(client, retry, { token: 't', answer: { output: {} } });
    for (const _ of gone) expect(await tell()).toBe(false);
    await expect(tell()).rejects.toThrow('Allow states:SendTaskSuccess on the waiting task');
  });
});
