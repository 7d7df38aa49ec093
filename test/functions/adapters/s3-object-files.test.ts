import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { clientOptions } from '../../../functions/adapters/client-options.ts';
import { S3ObjectFiles } from '../../../functions/adapters/s3-object-files.ts';
import { testFolder } from '../../local/folder.ts';
import { patientRetry } from './json-server.ts';

const BODY = Buffer.alloc(300_000, 'abcdefg');

/** Files of a bucket with one object, whose first `cut` answers end in the middle of it. */
async function openFiles(
  cut: number,
  attemptsMax = 4,
): Promise<{ readonly files: S3ObjectFiles; readonly folder: string; gets(): number }> {
  let gets = 0;
  const server = createServer((_request, response) => {
    gets += 1;
    response.setHeader('content-length', BODY.length);
    if (gets > cut) return response.end(BODY);
    return response.write(BODY.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 20));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const client = new S3Client({
    ...clientOptions(2_000),
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  onTestFinished(() => client.destroy());
  const folder = join(testFolder(), 'files');
  return {
    files: new S3ObjectFiles({ client, bucket: 'lake', prefix: '', folder, retry: patientRetry(attemptsMax) }),
    folder,
    gets: () => gets,
  };
}

test('an object whose download is cut off is asked for again, as a file and in part', async () => {
  const file = await openFiles(2);
  expect(readFileSync((await file.files.open('t/a.parquet')) ?? '')).toEqual(BODY);
  expect(file.gets()).toBe(3);
  const part = await openFiles(2);
  expect(Buffer.from((await part.files.part('t/a.parquet', 0, BODY.length)) ?? [])).toEqual(BODY);
});

test('an object that is cut off time and again is named', async () => {
  const { files } = await openFiles(99, 2);
  await expect(files.open('t/a.parquet')).rejects.toThrow(/^s3:GetObject on s3:\/\/lake\/t\/a\.parquet failed .*the object came in part/);
});

test('a full disk is told once, not as a fault of the store', async () => {
  const { files, folder, gets } = await openFiles(0);
  mkdirSync(folder, { recursive: true });
  symlinkSync('/dev/full', join(folder, 'object-1.parquet'));
  await expect(files.open('t/a.parquet')).rejects.toMatchObject({ code: 'ENOSPC' });
  expect(gets()).toBe(1);
});
