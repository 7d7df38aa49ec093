import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { RetriableError } from '../../core/errors.ts';
import type { ObjectFiles } from '../../core/ports.ts';
import { checkObjectKey } from '../../lake/object-key.ts';
import { storeFault } from '../../lake/store-fault.ts';
import { type RetryOptions, withRetry } from './retry.ts';
import { isNamed, type ServiceCall } from './service-error.ts';

/** What the files are of, and where they are kept while they are open. */
export interface S3ObjectFilesOptions {
  readonly client: S3Client;
  readonly bucket: string;
  /** Put before every key: '' or a folder that ends in `/`. */
  readonly prefix: string;
  /** Folder of this machine; made if need be. */
  readonly folder: string;
  readonly retry: RetryOptions;
}

/** Objects of one S3 bucket as files of this machine: downloaded and uploaded by streams, so that none is in memory whole. Throws ServiceError. */
export class S3ObjectFiles implements ObjectFiles {
  private readonly options: S3ObjectFilesOptions;
  private opened = 0;

  constructor(options: S3ObjectFilesOptions) {
    this.options = options;
  }

  scratch(name: string): string {
    const path = join(this.options.folder, 'scratch', name);
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    return path;
  }

  async open(key: string): Promise<string | undefined> {
    checkObjectKey(key);
    const { client, bucket, prefix, folder, retry } = this.options;
    await mkdir(folder, { recursive: true });
    this.opened += 1;
    const path = join(folder, `object-${this.opened}.parquet`);
    return withRetry(retry, this.call('GetObject', key), async () => {
      try {
        const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: prefix + key }));
        await received(pipeline(body as Readable, createWriteStream(path)));
        return path;
      } catch (error) {
        await rm(path, { force: true });
        if (isNamed(error, 'NoSuchKey')) return undefined;
        throw error;
      }
    });
  }

  async store(key: string, path: string): Promise<void> {
    checkObjectKey(key);
    const { client, bucket, prefix, retry } = this.options;
    const { size } = await stat(path);
    await withRetry(retry, this.call('PutObject', key), () =>
      // A new stream for each try: one that was read cannot be read again.
      client.send(new PutObjectCommand({ Bucket: bucket, Key: prefix + key, Body: createReadStream(path), ContentLength: size })),
    );
    await rm(path, { force: true });
  }

  async part(key: string, from: number, to: number): Promise<Uint8Array | undefined> {
    checkObjectKey(key);
    const { client, bucket, prefix, retry } = this.options;
    // Both ends of a range are part of it.
    const command = new GetObjectCommand({ Bucket: bucket, Key: prefix + key, Range: `bytes=${from}-${to - 1}` });
    return withRetry(retry, this.call('GetObject', key), async () => {
      try {
        const { Body: body } = await client.send(command);
        return body === undefined ? undefined : await received(body.transformToByteArray());
      } catch (error) {
        if (isNamed(error, 'NoSuchKey')) return undefined;
        throw error;
      }
    });
  }

  async release(paths: readonly string[]): Promise<void> {
    await Promise.all(paths.map((path) => rm(path, { force: true })));
  }

  private call(operation: string, key: string): ServiceCall {
    return { action: `s3:${operation}`, target: `s3://${this.options.bucket}/${this.options.prefix}${key}` };
  }
}

/** Waits for a body to come whole. The client says nothing of one that was cut off on the way: it may be asked for again. */
async function received<T>(whole: Promise<T>): Promise<T> {
  try {
    return await whole;
  } catch (error) {
    throw storeFault(error, 'scratch folder') === undefined
      ? new RetriableError(`the object came in part: ${wordsOf(error)}`, { cause: error })
      : error;
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
