import {
  DescribeExecutionCommand,
  ListStateMachinesCommand,
  type ListStateMachinesCommandOutput,
  RedriveExecutionCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { usageError } from '../../core/errors.ts';
import { type RetryOptions, withRetry } from './retry.ts';
import { isNamed, type ServiceCall } from './service-error.ts';

/** One execution of a state machine, as the service tells. */
export interface ExecutionState {
  readonly status: 'running' | 'succeeded' | 'failed' | 'stopped';
  /** Why it failed, as a state machine says it. */
  readonly error: string;
  readonly cause: string;
  /** When it ended, epoch ms. */
  readonly endedMs: number | undefined;
}

/** Which state machine, and how its service is asked. */
export interface StepFunctionsOptions {
  readonly client: SFNClient;
  /** ARN of the state machine. */
  readonly machineArn: string;
  readonly retry: RetryOptions;
}

/** The ARN of a state machine of this account and region; undefined if there is none of this name. Throws ServiceError. */
export async function machineArnOf(client: SFNClient, name: string, retry: RetryOptions): Promise<string | undefined> {
  const call = { action: 'states:ListStateMachines', target: 'the account' };
  let nextToken: string | undefined;
  do {
    const page: ListStateMachinesCommandOutput = await withRetry(retry, call, () =>
      client.send(new ListStateMachinesCommand({ nextToken })),
    );
    const found = page.stateMachines?.find((one) => one.name === name);
    if (found !== undefined) return found.stateMachineArn;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return undefined;
}

/** Executions of one state machine, by their names. Throws ServiceError. */
export class Executions {
  private readonly options: StepFunctionsOptions;

  constructor(options: StepFunctionsOptions) {
    this.options = options;
  }

  /** Starts one; the same again while it runs does no harm. Throws UsageError for a name that another one has had within 90 days. */
  async start(name: string, input: unknown): Promise<void> {
    const command = new StartExecutionCommand({ stateMachineArn: this.options.machineArn, name, input: JSON.stringify(input) });
    try {
      await this.call('StartExecution', name, () => this.options.client.send(command));
    } catch (error) {
      if (isCausedBy(error, 'ExecutionAlreadyExists'))
        throw usageError('--id', name, 'an id that no backfill of the last 90 days had; --resume goes on with that one');
      throw error;
    }
  }

  /** What is known of one; undefined if there was none of this name. */
  async look(name: string): Promise<ExecutionState | undefined> {
    try {
      const command = new DescribeExecutionCommand({ executionArn: this.arnOf(name) });
      const {
        status,
        error = '',
        cause = '',
        stopDate,
      } = await this.call('DescribeExecution', name, () => this.options.client.send(command));
      return { status: STATUS[status ?? ''] ?? 'running', error, cause, endedMs: stopDate?.getTime() };
    } catch (error) {
      if (isCausedBy(error, 'ExecutionDoesNotExist')) return undefined;
      throw error;
    }
  }

  /** Ends one; its functions that are at work go on for as long as they may run. */
  async stop(name: string, error: string, cause: string): Promise<void> {
    const command = new StopExecutionCommand({ executionArn: this.arnOf(name), error, cause });
    await this.call('StopExecution', name, () => this.options.client.send(command));
  }

  /** Goes on with one that was stopped, from the state that it was in. */
  async redrive(name: string): Promise<void> {
    const command = new RedriveExecutionCommand({ executionArn: this.arnOf(name) });
    await this.call('RedriveExecution', name, () => this.options.client.send(command));
  }

  private arnOf(name: string): string {
    return `${this.options.machineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  }

  private call<T>(operation: string, name: string, work: () => Promise<T>): Promise<T> {
    return withRetry(
      this.options.retry,
      { action: `states:${operation}`, target: `execution ${name} of ${this.options.machineArn}` },
      work,
    );
  }
}

const STATUS: Readonly<Record<string, ExecutionState['status']>> = {
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'stopped',
  ABORTED: 'stopped',
};

/** What a waiting task is told: its output, or why it fails. */
export type TaskAnswer = { readonly output: unknown } | { readonly error: string; readonly cause: string };

/** Tells the task that waits with a token; false if none does any more: it was told, its time is up, or it was asked again. Throws ServiceError. */
export async function answerTask(client: SFNClient, retry: RetryOptions, { token, answer }: { token: string; answer: TaskAnswer }) {
  const isSuccess = 'output' in answer;
  const call: ServiceCall = { action: `states:SendTask${isSuccess ? 'Success' : 'Failure'}`, target: 'the waiting task' };
  try {
    await withRetry(retry, call, async () => {
      if (isSuccess) await client.send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify(answer.output) }));
      else await client.send(new SendTaskFailureCommand({ taskToken: token, ...answer }));
    });
    return true;
  } catch (error) {
    if (isCausedBy(error, 'TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken')) return false;
    throw error;
  }
}

function isCausedBy(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && isNamed(error.cause, ...names);
}
