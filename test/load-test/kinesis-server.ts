import { createServer, type Server } from 'node:http';
import { onTestFinished } from 'vitest';
import { hashKeyOf, holdsHash } from '../../functions/adapters/kinesis-source.ts';

/** A record as a producer put it. */
export interface PutRecord {
  readonly key: string;
  readonly data: string;
  readonly shard: number;
}

/** What becomes of a call: codes of refused records by place, an error for all of it, or no answer. */
export type Fate = {
  readonly codes?: Readonly<Record<number, string>>;
  readonly error?: { readonly status: number; readonly code: string };
  readonly cut?: true;
  readonly takesAnyway?: true;
};

/** A server that speaks as much Kinesis as a producer hears, and fails as told; what it took lies in `taken`, in order. */
export interface KinesisServer {
  readonly endpoint: string;
  readonly taken: PutRecord[];
  readonly calls: PutRecord[][];
  close(): Promise<void>;
}

const SHARDS = [0, 1].map((i) => ({ first: 2n ** 127n * BigInt(i), last: 2n ** 127n * BigInt(i + 1) - 1n }));

export async function kinesisServer(fate: (call: readonly PutRecord[], number: number) => Fate | Promise<Fate>): Promise<KinesisServer> {
  const taken: PutRecord[] = [];
  const calls: PutRecord[][] = [];
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', async () => {
      const answer = (status: number, body: unknown): void => {
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(JSON.stringify(body));
      };
      if (String(request.headers['x-amz-target']).endsWith('ListShards')) {
        answer(200, {
          Shards: SHARDS.map(({ first, last }, i) => ({
            ShardId: `shardId-${i}`,
            HashKeyRange: { StartingHashKey: String(first), EndingHashKey: String(last) },
            SequenceNumberRange: { StartingSequenceNumber: '1' },
          })),
        });
        return;
      }
      const { Records: records } = JSON.parse(Buffer.concat(parts).toString()) as {
        Records: { PartitionKey: string; Data: string; ExplicitHashKey?: string }[];
      };
      const call = records.map(({ PartitionKey: key, Data, ExplicitHashKey }) => {
        const hash = ExplicitHashKey === undefined ? hashKeyOf(key) : BigInt(ExplicitHashKey);
        const shard = SHARDS.findIndex(({ first, last }) =>
          holdsHash({ shardId: '', parents: [], open: true, firstHash: first, lastHash: last }, hash),
        );
        return { key, data: Buffer.from(Data, 'base64').toString('latin1'), shard };
      });
      calls.push(call);
      const { codes = {}, error, cut, takesAnyway } = await fate(call, calls.length);
      const isTaken = (i: number): boolean =>
        codes[i] === undefined && ((error === undefined && cut === undefined) || takesAnyway === true);
      const results = call.map((record, i) => {
        if (!isTaken(i)) return { ErrorCode: codes[i] ?? 'InternalFailure', ErrorMessage: 'as told' };
        taken.push(record);
        return { ShardId: `shardId-${record.shard}`, SequenceNumber: String(taken.length) };
      });
      if (cut === true) request.socket.destroy();
      else if (error !== undefined) answer(error.status, { __type: error.code, message: 'as told' });
      else answer(200, { FailedRecordCount: Object.keys(codes).length, Records: results });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  return { endpoint: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, taken, calls, close };
}
