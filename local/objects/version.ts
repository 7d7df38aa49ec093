import { hash } from 'node:crypto';

/** Version of an object: a digest of its bytes, as most ETags of S3 are. */
export function bodyVersion(body: Uint8Array): string {
  return hash('sha256', body);
}
