import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import type { Clock, StateWrite } from '../../../core/ports.ts';
import { DynamoStateStore } from '../../../functions/adapters/dynamo-state-store.ts';
import { ItemTooLargeError, ServiceError } from '../../../functions/adapters/errors.ts';
import { stateStoreContract } from '../../contract/state-store.ts';
import { DynamoTable } from './dynamo-table.ts';
import { jsonService, patientRetry, type ServiceReply, type ServiceRequest } from './json-server.ts';

/** What is said instead of the table's answer; undefined for that answer. */
type Fault = (request: ServiceRequest, table: DynamoTable) => ServiceReply | undefined;

async function openTable(fault: Fault = () => undefined, clock: Clock = () => 0, requestTimeoutMs = 2_000) {
  const table = new DynamoTable('state');
  const service = await jsonService((request) => fault(request, table) ?? table.answer(request), requestTimeoutMs);
  const retry = patientRetry();
  const sizes: number[] = [];
  const store = new DynamoStateStore({
    client: new DynamoDBClient(service.settings),
    table: 'state',
    clock,
    retry,
    observeItemBytes: (bytes) => sizes.push(bytes),
  });
  return { store, table, retry, sizes, ...service };
}

const write = (pk: string, expectedVersion: number, body: string): StateWrite => ({ pk, sk: 's', expectedVersion, body });

stateStoreContract('DynamoDB, table in memory', async (clock) => (await openTable(undefined, clock)).store);

describe('a lost reply to a write', () => {
  const dropAfterApplying =
    (times: number): Fault =>
    (request, table) => {
      if (request.operation !== 'PutItem' || request.count > times) return undefined;
      table.answer(request);
      return 'drop';
    };

  test('counts as applied when the stored item is what was written', async () => {
    const { store, counts } = await openTable(dropAfterApplying(1));
    expect(await store.put([write('a', 0, 'mine')])).toEqual([true]);
    expect(counts()).toEqual({ PutItem: 2 });
    expect((await store.get([{ pk: 'a', sk: 's' }]))[0]).toMatchObject({ version: 1, body: 'mine' });
  });

  test('counts as applied after a failing server and when replies go missing again and again', async () => {
    const { store, counts } = await openTable((request, table) => {
      if (request.operation !== 'PutItem' || request.count > 4) return undefined;
      table.answer(request);
      return request.count === 2 ? { error: 'InternalServerError', status: 500 } : 'drop';
    });
    expect(await store.put([write('a', 0, 'mine')])).toEqual([true]);
    expect(counts()).toEqual({ PutItem: 5 });
  });

  test('that never arrived is made good by sending it again', async () => {
    const { store } = await openTable(({ operation, count }) => (operation === 'PutItem' && count === 1 ? 'drop' : undefined));
    expect(await store.put([write('a', 0, 'mine')])).toEqual([true]);
  });

  test('may also be one that never comes: the call ends in time and is settled', async () => {
    const silent: Fault = (request, table) => {
      if (request.operation !== 'PutItem' || request.count > 1) return undefined;
      table.answer(request);
      return 'silence';
    };
    const { store } = await openTable(silent, () => 0, 100);
    expect(await store.put([write('a', 0, 'mine')])).toEqual([true]);
  });

  test('does not hide that another writer was first', async () => {
    const { store, table } = await openTable((request, one) => {
      if (request.operation !== 'PutItem' || request.count > 1) return undefined;
      one.items.set('a\ns', { pk: { S: 'a' }, sk: { S: 's' }, version: { N: '1' }, body: { S: 'theirs' } });
      return 'drop';
    });
    expect(await store.put([write('a', 0, 'mine')])).toEqual([false]);
    expect(table.items.get('a\ns')?.['body']?.S).toBe('theirs');
  });

  test('is looked up when the old item does not come with the failed condition', async () => {
    const { store, counts } = await openTable((request, table) => {
      if (request.operation !== 'PutItem') return undefined;
      if (request.count === 1) return dropAfterApplying(1)(request, table);
      return { error: 'ConditionalCheckFailedException' };
    });
    expect(await store.put([write('a', 0, 'mine')])).toEqual([true]);
    expect(counts()).toEqual({ PutItem: 2, GetItem: 1 });
  });
});

test('a write whose reply came is refused even if the stored item equals it: another writer made that one', async () => {
  const { store } = await openTable();
  expect(await store.put([write('a', 0, 'same')])).toEqual([true]);
  expect(await store.put([write('a', 0, 'same')])).toEqual([false]);
});

describe('a throttled table', () => {
  test('is tried again with full jitter, and then answers', async () => {
    const { store, retry } = await openTable(({ operation, count }) =>
      operation === 'PutItem' && count <= 3 ? { error: 'ProvisionedThroughputExceededException' } : undefined,
    );
    expect(await store.put([write('a', 0, 'x')])).toEqual([true]);
    expect(retry.waits).toEqual([25, 50, 100]);
  });

  test('holds later writes of the same key back, not those of other keys', async () => {
    const { store, calls } = await openTable(({ operation, count }) =>
      operation === 'PutItem' && count === 1 ? { error: 'ThrottlingException' } : undefined,
    );
    expect(await store.put([write('a', 0, '1'), write('a', 1, '2'), write('b', 0, '1')])).toEqual([true, true, true]);
    expect(calls.slice(0, 2).map(({ input }) => (input['Item'] as { pk: { S: string } }).pk.S)).toEqual(['a', 'b']);
  });

  test('for good is a retriable error that says so', async () => {
    const { store, calls } = await openTable(() => ({ error: 'ThrottlingException' }));
    const failure = await store.get([{ pk: 'a', sk: 's' }]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ServiceError);
    expect(failure).toMatchObject({ fault: 'THROTTLED', retriable: true });
    expect(calls).toHaveLength(8);
  });

  test('that takes a part of each batch gets the rest again', async () => {
    const { store, table, counts } = await openTable();
    const keys = Array.from({ length: 230 }, (_, i) => ({ pk: `k${i}`, sk: 's' }));
    await store.put(keys.map((key) => ({ ...key, expectedVersion: 0, body: key.pk })));
    table.batchMax = 40;
    expect((await store.get([...keys, ...keys])).map((item) => item?.body)).toEqual([...keys, ...keys].map(({ pk }) => pk));
    expect(counts()['BatchGetItem']).toBe(3 + 3 + 1);
    table.batchMax = 10;
    await store.remove([...keys, ...keys]);
    expect(table.items.size).toBe(0);
  });
});

test.each([
  ['AccessDeniedException', 'not authorized to perform: dynamodb:PutItem', 'ACCESS_DENIED', 'Allow dynamodb:PutItem on table state'],
  ['AccessDeniedException', 'not authorized to perform: kms:Decrypt', 'KEY_UNUSABLE', 'Enable the KMS key of table state'],
  ['ResourceNotFoundException', 'Requested resource not found', 'MISSING', 'Check that table state exists'],
  ['ValidationException', 'bad', 'REFUSED', 'will not take this call'],
])('%s (%s) is one error that says what to do, without another try', async (error, message, fault, remedy) => {
  const { store, calls } = await openTable(() => ({ error, message }));
  const failure = (await store.put([write('a', 0, 'x')]).catch((one: unknown) => one)) as ServiceError;
  expect(failure).toBeInstanceOf(ServiceError);
  expect(failure.fault).toBe(fault);
  expect(failure.message).toContain(remedy);
  expect(calls).toHaveLength(1);
});

test('an unreachable endpoint is a retriable error that says so', async () => {
  const { settings } = await jsonService(() => 'drop');
  const client = new DynamoDBClient({ ...settings, endpoint: 'http://127.0.0.1:1' });
  const store = new DynamoStateStore({ client, table: 'state', clock: () => 0, retry: patientRetry(2) });
  await expect(store.put([write('a', 0, 'x')])).rejects.toMatchObject({ fault: 'UNREACHABLE', retriable: true });
});

/** Text that no compression makes smaller. */
const noise = (bytes: number): string => randomBytes(bytes).toString('base64').slice(0, bytes);

test('an item over 400 KB is named with its size, and nothing of its call is sent', async () => {
  const { store, calls } = await openTable();
  const writes = [write('a', 0, 'x'), write('big', 0, noise(600_000))];
  await expect(store.put(writes)).rejects.toThrow(ItemTooLargeError);
  await expect(store.put(writes)).rejects.toThrow(/"big".*4\d{5} bytes/);
  expect(calls).toHaveLength(0);
});

test('a body that would take more than one write unit is stored compressed where that is smaller, and reads back', async () => {
  const { store, table, sizes } = await openTable();
  const bodies = { short: 'x'.repeat(700), long: 'é'.repeat(205_000), noise: noise(5_000), odd: `\ud800\u001b${'y'.repeat(2_000)}` };
  expect(await store.put(Object.entries(bodies).map(([pk, body]) => write(pk, 0, body)))).toEqual([true, true, true, true]);
  expect((await store.get(Object.keys(bodies).map((pk) => ({ pk, sk: 's' })))).map((item) => item?.body)).toEqual(Object.values(bodies));
  const stored = Object.fromEntries(Object.keys(bodies).map((pk) => [pk, table.items.get(`${pk}\ns`)?.['body']]));
  expect(stored['short']).toEqual({ S: bodies.short });
  expect(Buffer.from(stored['long']?.B ?? '', 'base64').byteLength).toBeLessThan(1_000);
  expect(Object.keys(stored['odd'] ?? {})).toEqual(['B']);
  expect(sizes[0]).toBeLessThan(5_200);
});

test('after a failed write no more are begun, and none is left under way', async () => {
  const { store, calls } = await openTable(({ operation, count }) =>
    operation === 'PutItem' && count === 3 ? { error: 'ValidationException' } : undefined,
  );
  const writes = Array.from({ length: 200 }, (_, i) => write(`k${i}`, 0, 'x'));
  await expect(store.put(writes)).rejects.toThrow(ServiceError);
  const begun = calls.length;
  expect(begun).toBeLessThan(200);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(calls).toHaveLength(begun);
});

test('the time to live is in whole seconds, rounded up', async () => {
  const { store, table } = await openTable();
  await store.put([{ ...write('a', 0, 'x'), expiresAtMs: 1_500 }]);
  expect(table.items.get('a\ns')).toMatchObject({ expires_at: { N: '2' }, expires_ms: { N: '1500' } });
});
