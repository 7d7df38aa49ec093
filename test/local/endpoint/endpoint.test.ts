import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { GetRecordsCommand, GetShardIteratorCommand, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../core/errors.ts';
import { startEndpoint } from '../../../local/endpoint/endpoint.ts';
import { ensureStream, streamClient } from '../../../local/stream/client.ts';
import { freshFolder, withEndpoint } from './with-endpoint.ts';

function reaches(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** Starts a request and hangs up before its body is complete. */
function hangUp(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: 1000\r\n\r\n{"half');
      setTimeout(() => {
        socket.resetAndDestroy();
        resolve();
      }, 30);
    });
  });
}

describe('stream endpoint', () => {
  test('records put before a stop are read after a start over the same folder', async () => {
    const path = await freshFolder();
    const first = await startEndpoint({ path, port: 0 });
    const client = streamClient({ endpoint: first.endpoint });
    await ensureStream(client, 'events', 1);
    await client.send(new PutRecordCommand({ StreamName: 'events', PartitionKey: 'a', Data: Buffer.from('kept') }));
    await first.stop();
    client.destroy();

    const second = await startEndpoint({ path, port: 0 });
    const reader = streamClient({ endpoint: second.endpoint });
    try {
      expect((await ensureStream(reader, 'events', 1)).openShards).toBe(1);
      const place = { StreamName: 'events', ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' } as const;
      const { ShardIterator } = await reader.send(new GetShardIteratorCommand(place));
      const { Records } = await reader.send(new GetRecordsCommand({ ShardIterator }));
      expect(Records?.map((record) => Buffer.from(record.Data ?? []).toString())).toEqual(['kept']);
    } finally {
      reader.destroy();
      await second.stop();
    }
  });

  test('listens on 127.0.0.1 and on no other address', async () => {
    const { endpoint } = await withEndpoint();
    expect(await reaches(endpoint.port, '127.0.0.1')).toBe(true);
    expect(await reaches(endpoint.port, '127.0.0.2')).toBe(false);
    expect(await reaches(endpoint.port, '::1')).toBe(false);
  });

  test('a taken port is a usage error that names it', async () => {
    const { endpoint } = await withEndpoint();
    const second = startEndpoint({ path: await freshFolder(), port: endpoint.port });
    await expect(second).rejects.toThrow(UsageError);
    await expect(second).rejects.toThrow(String(endpoint.port));
  });

  test('a port out of range is a usage error', async () => {
    await expect(startEndpoint({ path: await freshFolder(), port: 70_000 })).rejects.toThrow('allowed: an integer from 0 to 65535');
  });

  test('a folder that another run has is a usage error', async () => {
    const { path } = await withEndpoint();
    const second = startEndpoint({ path, port: 0 });
    await expect(second).rejects.toThrow(UsageError);
    await expect(second).rejects.toThrow('in use by another run');
  });

  test('a folder that another process has is a usage error, and free once that process is gone', async () => {
    const path = await freshFolder();
    const other = spawn(process.execPath, [fileURLToPath(new URL('./other-process.ts', import.meta.url)), path], { stdio: 'pipe' });
    await once(other.stdout, 'data');
    await expect(startEndpoint({ path, port: 0 })).rejects.toThrow('in use by another run');
    other.kill('SIGKILL');
    await once(other, 'exit');
    const free = await startEndpoint({ path, port: 0 });
    await free.stop();
  });

  test('a client that hangs up in the middle of a request does not end the stream', async () => {
    const { endpoint, client } = await withEndpoint();
    for (let time = 0; time < 3; time++) await hangUp(endpoint.port);
    expect((await ensureStream(client, 'events', 2)).openShards).toBe(2);
  });

  test('stopping twice does no harm and frees the port', async () => {
    const { endpoint, path } = await withEndpoint();
    await Promise.all([endpoint.stop(), endpoint.stop()]);
    expect(await reaches(endpoint.port, '127.0.0.1')).toBe(false);
    const again = await startEndpoint({ path, port: endpoint.port });
    await again.stop();
  });
});
