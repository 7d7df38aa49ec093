import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { onTestFinished } from 'vitest';
import { type Endpoint, startEndpoint } from '../../../local/endpoint/endpoint.ts';
import { streamClient } from '../../../local/stream/client.ts';

/** A fresh folder that goes when the test ends. */
export async function freshFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'headrace-test-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A running endpoint with a client, both gone when the test ends. */
export async function withEndpoint(): Promise<{ endpoint: Endpoint; client: KinesisClient; path: string }> {
  const path = await freshFolder();
  const endpoint = await startEndpoint({ path, port: 0 });
  const client = streamClient({ endpoint: endpoint.endpoint });
  onTestFinished(async () => {
    client.destroy();
    await endpoint.stop();
  });
  return { endpoint, client, path };
}
