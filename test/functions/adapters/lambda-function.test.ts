import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GlueClient } from '@aws-sdk/client-glue';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { expect, onTestFinished, test } from 'vitest';
import { clientOptions } from '../../../functions/adapters/client-options.ts';
import { FunctionFailedError, type ServiceError } from '../../../functions/adapters/errors.ts';
import { lakeBucketOf } from '../../../functions/adapters/lake-address.ts';
import { LambdaFunction } from '../../../functions/adapters/lambda-function.ts';
import { jsonService, patientRetry } from './json-server.ts';

interface Reply {
  readonly body?: string;
  readonly status?: number;
  /** Says that the function itself failed. */
  readonly hasFailed?: boolean;
  readonly error?: string;
}

/** The function `f` of a service that gives one reply after the other; undefined cuts the connection. */
async function functionOf(...replies: readonly (Reply | undefined)[]) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const reply = replies[asked.length];
    let text = '';
    request.on('data', (part: Buffer) => {
      text += part.toString();
    });
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${text}`);
      if (reply === undefined) {
        response.socket?.destroy();
        return;
      }
      response.statusCode = reply.status ?? 200;
      if (reply.hasFailed === true) response.setHeader('x-amz-function-error', 'Unhandled');
      if (reply.error !== undefined) response.setHeader('x-amzn-errortype', reply.error);
      response.end(reply.body ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const client = new LambdaClient({
    ...clientOptions(2_000),
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  return { called: new LambdaFunction({ client, name: 'f', retry: patientRetry(3) }), asked };
}

test('what a function returns is the answer; nothing is null', async () => {
  const { called, asked } = await functionOf({ body: '{"a":[1]}' }, {});
  expect(await called.invoke({ x: 1 })).toEqual({ a: [1] });
  expect(await called.invoke({})).toBeNull();
  expect(asked[0]).toBe('POST /2015-03-31/functions/f/invocations {"x":1}');
});

test('a call that was throttled or whose answer was lost is made again', async () => {
  const { called, asked } = await functionOf({ status: 429, error: 'TooManyRequestsException', body: '{}' }, undefined, { body: '7' });
  expect(await called.invoke({})).toBe(7);
  expect(asked).toHaveLength(3);
});

test('a function that failed is an error with what it said and where its log is, and is not called again', async () => {
  const { called, asked } = await functionOf({ hasFailed: true, body: '{"errorMessage":"Task timed out after 900.00 seconds"}' });
  const error = await called.invoke({}).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FunctionFailedError);
  expect(String(error)).toMatch(/function f failed: .*timed out after 900.*\/aws\/lambda\/f/);
  expect(asked).toHaveLength(1);
});

test('a missing permission and a missing function are named', async () => {
  const { called } = await functionOf(
    { status: 403, error: 'AccessDeniedException', body: '{"message":"no"}' },
    { status: 404, error: 'ResourceNotFoundException', body: '{"message":"none"}' },
  );
  await expect(called.invoke({})).rejects.toThrow('Allow lambda:InvokeFunction on function f');
  await expect(called.invoke({})).rejects.toMatchObject({ fault: 'MISSING' } satisfies Partial<ServiceError>);
});

test('the bucket of a lake is the one that its tables lie in', async () => {
  const bucketAt = async (location: string): Promise<string> => {
    const { settings } = await jsonService(() => ({ output: { Table: { Name: 't', StorageDescriptor: { Location: location } } } }));
    return lakeBucketOf(new GlueClient(settings), 'd', 't', patientRetry(3));
  };
  expect(await bucketAt('s3://headrace-dev-lake/lake/t/landing/')).toBe('headrace-dev-lake');
  await expect(bucketAt('hdfs://x')).rejects.toThrow('table d.t lies at "hdfs://x"; allowed: s3://BUCKET/lake/…');
  await expect(bucketAt('s3://other/t/')).rejects.toThrow('table d.t lies at "s3://other/t/"');
});
