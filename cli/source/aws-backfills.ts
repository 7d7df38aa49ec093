import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GlueClient } from '@aws-sdk/client-glue';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { usageError } from '../../core/errors.ts';
import { clientOptions } from '../../functions/adapters/client-options.ts';
import { lakeBucketOf } from '../../functions/adapters/lake-address.ts';
import { LambdaFunction } from '../../functions/adapters/lambda-function.ts';
import type { RetryOptions } from '../../functions/adapters/retry.ts';
import { backfillWork, StackBackfills } from '../../functions/adapters/stack-backfills.ts';
import { answerTask, Executions, machineArnOf } from '../../functions/adapters/step-functions.ts';
import { writeErr } from '../output.ts';
import { stackNames } from './names.ts';

/** A person waits: a few tries in a second or two, then the error. */
const ATTEMPTS_MAX = 4;
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than Lambda lets a function run. */
const FUNCTION_TIMEOUT_MS = 16 * 60_000;

const retry: RetryOptions = { random: Math.random, attemptsMax: ATTEMPTS_MAX };

/** The backfills of a stack in the account, region and endpoint of the AWS environment, and how to free them. Throws UsageError. */
export async function openStackBackfills(stack: string): Promise<{ readonly backfills: StackBackfills; readonly close: () => void }> {
  const names = stackNames(stack);
  const options = clientOptions(REQUEST_TIMEOUT_MS);
  const sfn = new SFNClient(options);
  const machineArn = await machineArnOf(sfn, names.backfillMachine, retry);
  if (machineArn === undefined)
    throw usageError('--stack', stack, `a stack that has a state machine ${names.backfillMachine}: deploy it again`);
  const glue = new GlueClient(options);
  const bucket = await lakeBucketOf(glue, names.landingDatabase, 'archive', retry).finally(() => glue.destroy());
  const [s3, lambda] = [new S3Client(options), new LambdaClient(clientOptions(FUNCTION_TIMEOUT_MS))];
  const folder = mkdtempSync(join(tmpdir(), 'headrace-backfill-'));
  const steps = new LambdaFunction({ client: lambda, name: names.backfillFunction, retry });
  const backfills = new StackBackfills({
    executions: new Executions({ client: sfn, machineArn, retry }),
    tell: (token, answer) => answerTask(sfn, retry, { token, answer }),
    work: backfillWork({ client: s3, bucket, folder, retry }),
    step: (event) => steps.invoke(event),
    clock: Date.now,
    pause: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
    say: (line) => writeErr(`${line}\n`),
  });
  const close = (): void => {
    for (const client of [sfn, s3, lambda]) client.destroy();
    rmSync(folder, { recursive: true, force: true });
  };
  return { backfills, close };
}
