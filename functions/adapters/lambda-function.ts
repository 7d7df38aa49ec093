import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { UsageError } from '../../core/errors.ts';
import { messageOf } from '../backfill/workflow/failure.ts';
import { FunctionFailedError } from './errors.ts';
import { type RetryOptions, withRetry } from './retry.ts';

/** A function to call. */
export interface LambdaFunctionOptions {
  /** Waits for as long as the function may run. */
  readonly client: LambdaClient;
  readonly name: string;
  readonly retry: RetryOptions;
}

/** A deployed function whose calls may safely be made twice: a call whose answer was lost is made again. */
export class LambdaFunction {
  private readonly options: LambdaFunctionOptions;

  constructor(options: LambdaFunctionOptions) {
    this.options = options;
  }

  /** Calls the function and waits for what it returns. Throws FunctionFailedError if it failed itself, ServiceError if it could not be called. */
  async invoke(event: unknown): Promise<unknown> {
    const { client, name, retry } = this.options;
    const command = new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(event)) });
    const call = { action: 'lambda:InvokeFunction', target: `function ${name}` };
    const { FunctionError: failure, Payload: payload } = await withRetry(retry, call, () => client.send(command));
    const text = Buffer.from(payload ?? []).toString();
    if (failure !== undefined)
      throw new FunctionFailedError(`function ${name} failed: ${text.slice(0, 2_000)}. Its log is /aws/lambda/${name}.`, text);
    return text === '' ? null : JSON.parse(text);
  }
}

/** What a function failed with as if it had failed here: its message is for the person, and bad usage is bad usage. Other errors as they are. */
export function functionFault(error: unknown): unknown {
  if (!(error instanceof FunctionFailedError) || error.errorType === undefined) return error;
  const message = messageOf({ Error: error.errorType, Cause: error.payload });
  return error.errorType === 'UsageError' ? new UsageError(message) : new Error(message, { cause: error });
}
