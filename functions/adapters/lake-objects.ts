import { S3Client } from '@aws-sdk/client-s3';
import { LAKE_FOLDER } from '../../lake/delivery-format.ts';
import { clientOptions } from './client-options.ts';
import type { RetryOptions } from './retry.ts';
import { S3ObjectStore } from './s3-object-store.ts';

/** An object may have 10 MB. */
const OBJECT_TIMEOUT_MS = 30_000;

/** Objects of the lake in a bucket; keys are those of lake/names.ts. */
export function lakeObjects(bucket: string, retry: RetryOptions): S3ObjectStore {
  return new S3ObjectStore({ client: new S3Client(clientOptions(OBJECT_TIMEOUT_MS)), bucket, prefix: LAKE_FOLDER, retry });
}
