import { AthenaClient } from '@aws-sdk/client-athena';
import { expect, test } from 'vitest';
import { AthenaArchive } from '../../../functions/adapters/athena-archive.ts';
import { AthenaSql } from '../../../functions/adapters/athena-sql.ts';
import { MemoryObjectStore } from '../../../local/objects/memory.ts';
import { jsonService, patientRetry } from './json-server.ts';

const FOREVER = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };
const SELECTION = { id: 'b', records: 'r', steps: 's', arrival: FOREVER, slices: 2 };

/** The service as it is with tokens: a statement of the same token is the same one. `stateOf` says how the n-th statement stands when asked. */
async function archive(stateOf: (statement: number, asked: number) => string) {
  const tokens: string[] = [];
  const asked: number[] = [];
  const { settings, calls } = await jsonService(({ operation, input }) => {
    if (operation === 'StartQueryExecution') {
      const token = String(input['ClientRequestToken']);
      if (!tokens.includes(token)) tokens.push(token);
      return { output: { QueryExecutionId: String(tokens.indexOf(token)) } };
    }
    const at = Number(input['QueryExecutionId']);
    asked[at] = (asked[at] ?? 0) + 1;
    const failed = { AthenaError: { ErrorCategory: 1 }, StateChangeReason: 'the disk is gone' };
    const State = stateOf(at, asked[at] ?? 0);
    return { output: { QueryExecution: { Status: { State, ...(State === 'FAILED' ? failed : {}) } } } };
  });
  const work = new MemoryObjectStore();
  const pause = async (): Promise<void> => {};
  const sql = new AthenaSql({ client: new AthenaClient(settings), workgroup: 'w', database: 'd', retry: patientRetry(2), pause });
  return { reader: new AthenaArchive({ sql, landingDatabase: 'd', work, workUri: 's3://b/backfill/' }), work, calls, tokens };
}

test('a statement that is at work when the time is up is waited for by the next try, and not begun again', async () => {
  const time = new AbortController();
  const { reader, work, tokens } = await archive((at, asked) => {
    if (at !== 0 || asked > 3) return 'SUCCEEDED';
    if (asked === 3) time.abort();
    return 'RUNNING';
  });
  await expect(reader.split(SELECTION, time.signal)).rejects.toMatchObject({ name: 'StillRunning', retriable: true });
  expect([tokens.length, await work.get('b/shuffle/records-0.done')]).toEqual([1, undefined]);
  // What the statement has written by then must stay.
  await work.put('b/shuffle/records-0/slice=0/x', new Uint8Array([1]));
  await reader.split(SELECTION);
  expect(tokens).toHaveLength(3);
  expect(await work.get('b/shuffle/records-0/slice=0/x')).toBeDefined();
  await reader.split(SELECTION);
  expect(tokens).toHaveLength(3);
});

test('one that failed is begun anew, over what it left', async () => {
  const { reader, work, tokens } = await archive((at) => (at === 0 ? 'FAILED' : 'SUCCEEDED'));
  await expect(reader.split(SELECTION)).rejects.toThrow('the disk is gone');
  await work.put('b/shuffle/records-0/slice=0/torn', new Uint8Array([1]));
  await reader.split(SELECTION);
  expect(tokens).toHaveLength(4);
  expect(await work.get('b/shuffle/records-0/slice=0/torn')).toBeUndefined();
});
