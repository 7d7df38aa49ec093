import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { clientOptions } from '../../../functions/adapters/client-options.ts';
import { S3ObjectStore } from '../../../functions/adapters/s3-object-store.ts';
import { patientRetry } from './json-server.ts';

type Fault = 'drop' | { readonly status: number; readonly code: string };

/** One object on a server that knows conditions; `fault` speaks for the n-th put, before or after it was done. */
async function openObject(fault: (put: number) => { readonly isDone: boolean; readonly says: Fault } | undefined) {
  let stored: { body: string; etag: string } | undefined;
  let puts = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const say = (status: number, code: string): void => {
        response.statusCode = status;
        response.setHeader('content-type', 'application/xml');
        response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`);
      };
      if (request.method === 'GET') {
        if (stored === undefined) return say(404, 'NoSuchKey');
        response.setHeader('etag', stored.etag);
        return response.end(stored.body);
      }
      puts += 1;
      const { 'if-none-match': none, 'if-match': match } = request.headers;
      const isMet = (none === undefined || stored === undefined) && (match === undefined || stored?.etag === match);
      const trouble = fault(puts);
      if (isMet && (trouble === undefined || trouble.isDone)) stored = { body: Buffer.concat(parts).toString(), etag: `"v${puts}"` };
      if (trouble?.says === 'drop') return request.socket.destroy();
      if (trouble !== undefined) return say(trouble.says.status, trouble.says.code);
      if (!isMet) return match !== undefined && stored === undefined ? say(404, 'NoSuchKey') : say(412, 'PreconditionFailed');
      response.setHeader('etag', stored?.etag ?? '');
      return response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const client = new S3Client({
    ...clientOptions(2_000),
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const store = new S3ObjectStore({ client, bucket: 'lake', prefix: 'p/', retry: patientRetry(4) });
  return { store, stored: () => stored, theirs: (body: string) => (stored = { body, etag: '"theirs"' }), puts: () => puts };
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

test('a conditional write whose reply was lost counts as done when the object holds its bytes', async () => {
  const { store, puts } = await openObject((put) => (put === 1 ? { isDone: true, says: 'drop' } : undefined));
  const version = await store.putIf('m', bytes('mine'), undefined);
  expect(version).toBe('"v1"');
  expect(puts()).toBe(2);
  expect((await store.get('m'))?.version).toBe(version);
});

test('a conditional write whose reply was lost is refused when another writer was first', async () => {
  const { store, theirs, stored } = await openObject((put) => {
    if (put > 1) return undefined;
    theirs('theirs');
    return { isDone: false, says: 'drop' };
  });
  expect(await store.putIf('m', bytes('mine'), undefined)).toBeUndefined();
  expect(stored()?.body).toBe('theirs');
});

test('a conditional write that met another one under way is tried again', async () => {
  const { store, puts } = await openObject((put) =>
    put === 1 ? { isDone: false, says: { status: 409, code: 'ConditionalRequestConflict' } } : undefined,
  );
  expect(await store.putIf('m', bytes('mine'), undefined)).toBe('"v2"');
  expect(puts()).toBe(2);
});

test("equal bytes of another writer are not taken for one's own when every reply came", async () => {
  const { store, theirs } = await openObject(() => undefined);
  theirs('same');
  expect(await store.putIf('m', bytes('same'), undefined)).toBeUndefined();
});

test('a failing server is tried again and named in the end', async () => {
  const { store, puts } = await openObject(() => ({ isDone: false, says: { status: 503, code: 'SlowDown' } }));
  await expect(store.put('m', bytes('x'))).rejects.toMatchObject({ fault: 'THROTTLED', message: expect.stringContaining('s3://lake/p/m') });
  expect(puts()).toBe(4);
});

test('a forbidden object is an error that names the action', async () => {
  const { store, puts } = await openObject(() => ({ isDone: false, says: { status: 403, code: 'AccessDenied' } }));
  await expect(store.putIf('m', bytes('x'), undefined)).rejects.toMatchObject({
    fault: 'ACCESS_DENIED',
    message: expect.stringContaining('s3:PutObject'),
  });
  expect(puts()).toBe(1);
});
