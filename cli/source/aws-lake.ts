import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GlueClient } from '@aws-sdk/client-glue';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { clientOptions } from '../../functions/adapters/client-options.ts';
import { lakeBucketOf } from '../../functions/adapters/lake-address.ts';
import { LambdaFunction } from '../../functions/adapters/lambda-function.ts';
import type { RetryOptions } from '../../functions/adapters/retry.ts';
import { S3ObjectFiles } from '../../functions/adapters/s3-object-files.ts';
import { S3ObjectStore } from '../../functions/adapters/s3-object-store.ts';
import { LAKE_FOLDER } from '../../lake/delivery-format.ts';
import type { CalledFunction, StackLake } from './lake-ports.ts';
import { stackNames } from './names.ts';

/** A person waits: a few tries in a second or two, then the error. */
const ATTEMPTS_MAX = 4;
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than Lambda lets a function run. */
const FUNCTION_TIMEOUT_MS = 16 * 60_000;

const retry: RetryOptions = { random: Math.random, attemptsMax: ATTEMPTS_MAX };

/** The lake of a stack in the account, region and endpoint of the AWS environment; the catalogue says which bucket it is. */
export async function openStackLake(stack: string): Promise<StackLake> {
  const { landingDatabase } = stackNames(stack);
  const glue = new GlueClient(clientOptions(REQUEST_TIMEOUT_MS));
  const bucket = await lakeBucketOf(glue, landingDatabase, 'archive', retry).finally(() => glue.destroy());
  const s3 = new S3Client(clientOptions(REQUEST_TIMEOUT_MS));
  const folder = mkdtempSync(join(tmpdir(), 'headrace-lake-'));
  const at = { client: s3, bucket, prefix: LAKE_FOLDER, retry };
  return {
    objects: new S3ObjectStore(at),
    files: new S3ObjectFiles({ ...at, folder }),
    close: () => {
      s3.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The function of a stack that compacts its lake. */
export function openCompactor(stack: string): CalledFunction {
  return calledFunction(stackNames(stack).compactFunction);
}

/** The function of a stack that erases keys. */
export function openForget(stack: string): CalledFunction {
  return calledFunction(stackNames(stack).forgetFunction);
}

function calledFunction(name: string): CalledFunction {
  const client = new LambdaClient(clientOptions(FUNCTION_TIMEOUT_MS));
  const called = new LambdaFunction({ client, name, retry });
  return { call: (event) => called.invoke(event), close: () => client.destroy() };
}
