import type { BackfillEvent } from '../../../functions/backfill/events.ts';
import type { Json } from '../../../functions/backfill/workflow/language.ts';
import { PendingAnswers } from '../../../local/workflow/answers.ts';
import { runWorkflow, type WorkflowOptions, type WorkflowResult } from '../../../local/workflow/run.ts';
import { jsonService, type ServiceReply, type ServiceRequest } from './json-server.ts';

/** ARN of the one state machine. */
export const MACHINE = 'arn:aws:states:us-east-1:123456789012:stateMachine:headrace-dev-backfill';

interface Execution {
  readonly stop: AbortController;
  readonly input: string;
  result?: WorkflowResult;
  endedMs?: number;
}

/** What executions are made of. */
export interface StatesOptions extends Pick<WorkflowOptions, 'definition' | 'objects'> {
  readonly invoke: (event: BackfillEvent) => Promise<unknown>;
}

/** The service as clients see it: one state machine, whose executions run in this process by the text of its definition. */
export class StatesService {
  readonly executions = new Map<string, Execution>();
  private readonly answers = new PendingAnswers();
  private readonly options: StatesOptions;

  constructor(options: StatesOptions) {
    this.options = options;
  }

  /** Listens until the test ends; settings for a client. */
  async listen() {
    return jsonService((request) => this.reply(request));
  }

  private reply({ operation, input }: ServiceRequest): ServiceReply {
    const text = (name: string): string => String(input[name]);
    const name = text('executionArn').split(':').at(-1) ?? '';
    switch (operation) {
      case 'ListStateMachines':
        return { output: { stateMachines: [{ name: 'headrace-dev-backfill', stateMachineArn: MACHINE }] } };
      case 'StartExecution':
        return this.started(text('name'), text('input'));
      case 'DescribeExecution':
        return this.described(name);
      case 'StopExecution':
        this.executions.get(name)?.stop.abort();
        return { output: {} };
      case 'RedriveExecution':
        this.begin(name, this.executions.get(name)?.input ?? '{}');
        return { output: {} };
      case 'SendTaskSuccess':
        return this.told(() => this.answers.approve(text('taskToken'), (JSON.parse(text('output')) as { approvedBy: string }).approvedBy));
      case 'SendTaskFailure':
        return this.told(() => this.answers.refuse(text('taskToken'), text('cause')));
      default:
        return { error: 'UnknownOperationException' };
    }
  }

  private started(name: string, input: string): ServiceReply {
    const known = this.executions.get(name);
    if (known !== undefined && (known.result !== undefined || known.input !== input)) return { error: 'ExecutionAlreadyExists' };
    if (known === undefined) this.begin(name, input);
    return { output: { executionArn: name } };
  }

  private begin(name: string, input: string): void {
    const execution: Execution = { stop: new AbortController(), input };
    this.executions.set(name, execution);
    void runWorkflow({
      ...this.options,
      input: JSON.parse(input) as Json,
      executionName: name,
      answers: this.answers,
      retryDelayMs: 0,
      signal: execution.stop.signal,
    }).then((result) => Object.assign(execution, { result, endedMs: Date.now() }));
  }

  private described(name: string): ServiceReply {
    const execution = this.executions.get(name);
    if (execution === undefined) return { error: 'ExecutionDoesNotExist' };
    const { result, endedMs } = execution;
    const status = result === undefined ? 'RUNNING' : { succeeded: 'SUCCEEDED', failed: 'FAILED', aborted: 'ABORTED' }[result.status];
    const failure = result?.status === 'failed' ? { error: result.error, cause: result.cause } : {};
    return { output: { name, status, ...(endedMs === undefined ? {} : { stopDate: endedMs / 1_000 }), ...failure } };
  }

  private told(tell: () => void): ServiceReply {
    try {
      tell();
      return { output: {} };
    } catch {
      return { error: 'TaskTimedOut' };
    }
  }
}
