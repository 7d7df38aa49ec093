import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ObjectStore, StoredBody, StoredObject } from '../../core/ports.ts';
import { checkObjectKey } from '../../lake/object-key.ts';
import { backOff, type RetryOptions, withRetry } from './retry.ts';
import { attemptsOf, isNamed, outcomeOf, type ServiceCall, serviceError } from './service-error.ts';

/** What the object store works on. */
export interface S3ObjectStoreOptions {
  readonly client: S3Client;
  readonly bucket: string;
  /** Put before every key: '' or a folder that ends in `/`, such as `lake/`. */
  readonly prefix: string;
  readonly retry: RetryOptions;
}

/** Another conditional write of the same key is under way: neither has won yet. */
const CONFLICT = 'ConditionalRequestConflict';

/** Objects of one S3 bucket below a prefix. Versions are ETags. Needs s3:ListBucket too: without it S3 calls an absent object forbidden. */
export class S3ObjectStore implements ObjectStore {
  private readonly options: S3ObjectStoreOptions;

  constructor(options: S3ObjectStoreOptions) {
    this.options = options;
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    checkObjectKey(key);
    const bytes = body.slice();
    await withRetry(this.options.retry, this.call('PutObject', key), () => this.send(key, bytes, {}));
  }

  async putIf(key: string, body: Uint8Array, expected: string | undefined): Promise<string | undefined> {
    checkObjectKey(key);
    const condition = expected === undefined ? { IfNoneMatch: '*' } : { IfMatch: expected };
    const { retry } = this.options;
    const bytes = body.slice();
    let isLost = false;
    for (let failures = 1; ; failures += 1) {
      try {
        return await this.send(key, bytes, condition);
      } catch (error) {
        if (isNamed(error, 'PreconditionFailed', 'NoSuchKey'))
          return isLost || attemptsOf(error) > 1 ? this.versionIfOurs(key, bytes) : undefined;
        const outcome = isNamed(error, CONFLICT) ? 'throttled' : outcomeOf(error);
        if (outcome === 'refused' || outcome === 'foreign') throw serviceError(this.call('PutObject', key), error);
        isLost ||= outcome === 'lost';
        await backOff(retry, failures, () => serviceError(this.call('PutObject', key), error));
      }
    }
  }

  async get(key: string): Promise<StoredBody | undefined> {
    checkObjectKey(key);
    return withRetry(this.options.retry, this.call('GetObject', key), async () => {
      try {
        const answer = await this.options.client.send(new GetObjectCommand({ Bucket: this.options.bucket, Key: this.full(key) }));
        return { body: (await answer.Body?.transformToByteArray()) ?? new Uint8Array(0), version: answer.ETag ?? '' };
      } catch (error) {
        if (isNamed(error, 'NoSuchKey')) return undefined;
        throw error;
      }
    });
  }

  async list(prefix: string): Promise<StoredObject[]> {
    const { client, bucket, retry, prefix: root } = this.options;
    const found: StoredObject[] = [];
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: this.full(prefix), ContinuationToken: token });
      const page: ListObjectsV2CommandOutput = await withRetry(retry, this.call('ListBucket', prefix), () => client.send(command));
      for (const { Key: key = '', Size: bytes = 0, LastModified: modified } of page.Contents ?? [])
        found.push({ key: key.slice(root.length), bytes, modifiedMs: modified?.getTime() ?? 0 });
      token = page.NextContinuationToken;
    } while (token !== undefined);
    // S3 sorts by UTF-8 bytes.
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async remove(key: string): Promise<void> {
    checkObjectKey(key);
    const command = new DeleteObjectCommand({ Bucket: this.options.bucket, Key: this.full(key) });
    await withRetry(this.options.retry, this.call('DeleteObject', key), () => this.options.client.send(command));
  }

  private full(key: string): string {
    return this.options.prefix + key;
  }

  private call(operation: string, key: string): ServiceCall {
    return { action: `s3:${operation}`, target: `s3://${this.options.bucket}/${this.full(key)}` };
  }

  private async send(key: string, body: Uint8Array, condition: Partial<PutObjectCommandInput>): Promise<string> {
    const { client, bucket } = this.options;
    const answer = await client.send(new PutObjectCommand({ Bucket: bucket, Key: this.full(key), Body: body, ...condition }));
    return answer.ETag ?? '';
  }

  /** After a lost reply: the version of the object if it holds what was to be written. */
  private async versionIfOurs(key: string, body: Uint8Array): Promise<string | undefined> {
    const stored = await this.get(key);
    return stored !== undefined && Buffer.compare(stored.body, body) === 0 ? stored.version : undefined;
  }
}
