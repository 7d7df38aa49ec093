import { FirehoseClient } from '@aws-sdk/client-firehose';
import { expect, test } from 'vitest';
import type { Row } from '../../../core/ports.ts';
import { RowTooLargeError, ServiceError } from '../../../functions/adapters/errors.ts';
import { FirehoseDelivery, type FirehoseDeliveryOptions } from '../../../functions/adapters/firehose-delivery.ts';
import { oversizeLanding } from '../../../functions/adapters/oversize-landing.ts';
import { landedTable } from '../../../lake/delivery-format.ts';
import { parseLandedKey } from '../../../lake/names.ts';
import { archiveTable } from '../../../lake/raw-tables.ts';
import { MemoryObjectStore } from '../../../local/objects/memory.ts';
import { DELIVERY_TABLES, deliveryContract } from '../../contract/delivery.ts';
import { kindsRow, kindsRows, kindsTable } from '../../contract/kinds-table.ts';
import { deliveredRow } from '../../lake/delivered-row.ts';
import { bufferOf, parquetRows } from '../../lake/witness.ts';
import { jsonService, patientRetry, type ServiceReply } from './json-server.ts';

/** What becomes of the records of one call; undefined: all are taken. */
type Fault = (records: readonly string[], count: number) => readonly (string | undefined)[] | 'drop' | undefined;

async function openFirehose(fault: Fault = () => undefined, options: Partial<FirehoseDeliveryOptions> = {}) {
  const taken: { stream: string; text: string; bytes: number }[] = [];
  const sent: { stream: string; records: number; bytes: number }[] = [];
  const service = await jsonService(({ input, count }): ServiceReply => {
    const stream = String(input['DeliveryStreamName']);
    const records = (input['Records'] as { Data: string }[]).map(({ Data }) => Buffer.from(Data, 'base64'));
    sent.push({ stream, records: records.length, bytes: records.reduce((sum, { length }) => sum + length, 0) });
    const codes = fault(records.map(String), count) ?? [];
    if (codes === 'drop') return 'drop';
    const replies = records.map((record, i) => {
      if (codes[i] !== undefined) return { ErrorCode: codes[i], ErrorMessage: 'later' };
      taken.push({ stream, text: String(record), bytes: record.length });
      return { RecordId: String(i) };
    });
    return { output: { FailedPutCount: codes.filter((code) => code !== undefined).length, RequestResponses: replies } };
  });
  const retry = patientRetry(4);
  const delivery = new FirehoseDelivery({
    client: new FirehoseClient(service.settings),
    prefix: 'headrace-test',
    tables: DELIVERY_TABLES,
    retry,
    ...options,
  });
  const rowsOf = (stream: string): string[] =>
    taken.filter((one) => one.stream === stream).flatMap(({ text }) => text.trimEnd().split('\n'));
  return { delivery, taken, sent, retry, rowsOf };
}

deliveryContract('Firehose, records in memory', async () => {
  const { delivery, rowsOf } = await openFirehose();
  return { delivery, arrived: async (table) => rowsOf(`headrace-test-${table.name}`).map((line) => deliveredRow(table, line)) };
});

test('records hold at most 500 rows and 1,000 KiB, calls 500 records and 4 MiB', async () => {
  const { delivery, taken, sent, rowsOf } = await openFirehose();
  const wide = Array.from({ length: 60 }, (_, i): Row => ({ ...kindsRow(1), id: `wide-${i}`, text: 'é'.repeat(100_000) }));
  await delivery.deliver([
    { table: 'kinds', rows: kindsRows(0, 1_201) },
    { table: 'other', rows: wide },
  ]);
  const records = taken.filter(({ stream }) => stream === 'headrace-test-kinds').map(({ text }) => text.trimEnd().split('\n').length);
  expect(records).toEqual([500, 500, 201]);
  expect(Math.max(...taken.map(({ bytes }) => bytes))).toBeLessThanOrEqual(1_024_000);
  expect(Math.max(...sent.map(({ bytes }) => bytes))).toBeLessThanOrEqual(4 * 1024 * 1024);
  expect(sent.filter(({ stream }) => stream === 'headrace-test-other').length).toBeGreaterThan(2);
  expect(rowsOf('headrace-test-other')).toHaveLength(60);
});

test('of a call of many records no more than 500 go at once', async () => {
  const { delivery, sent, rowsOf } = await openFirehose(undefined, { recordRowsMax: 1 });
  await delivery.deliver([{ table: 'kinds', rows: kindsRows(0, 501) }]);
  expect(sent.map(({ records }) => records).sort()).toEqual([1, 500]);
  expect(rowsOf('headrace-test-kinds')).toHaveLength(501);
});

test('only refused records are sent again', async () => {
  const { delivery, sent, retry, rowsOf } = await openFirehose(
    (records, count) => (count === 1 ? records.map((_, i) => (i % 2 === 0 ? undefined : 'ServiceUnavailableException')) : undefined),
    { recordRowsMax: 1 },
  );
  await delivery.deliver([{ table: 'kinds', rows: kindsRows(0, 10) }]);
  expect(sent.map(({ records }) => records)).toEqual([10, 5]);
  expect(retry.waits).toEqual([25]);
  expect(rowsOf('headrace-test-kinds').sort()).toHaveLength(10);
});

test('a lost reply sends the call again: rows may repeat, none is missing', async () => {
  const { delivery, rowsOf } = await openFirehose((_, count) => (count === 1 ? 'drop' : undefined));
  await delivery.deliver([{ table: 'kinds', rows: kindsRows(0, 10) }]);
  expect(new Set(rowsOf('headrace-test-kinds')).size).toBe(10);
});

test('records refused for good are a retriable error that names the stream', async () => {
  const { delivery, sent } = await openFirehose((records) => records.map(() => 'ServiceUnavailableException'));
  const failure = await delivery.deliver([{ table: 'kinds', rows: kindsRows(0, 3) }]).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ServiceError);
  expect((failure as ServiceError).message).toContain('delivery stream headrace-test-kinds');
  expect(sent).toHaveLength(4);
});

const archiveRow = (bytes: number): Row => ({
  shard_id: 's',
  sequence: '1',
  sub_sequence: 0,
  kind: 'record',
  arrival_time: Date.parse('2026-03-01T09:59:59.999Z'),
  partition_key: 'k',
  data: Buffer.alloc(bytes, 7).toString('base64'),
  lane: 'quarantined',
  watermark: null,
  event_time: null,
  key: null,
  context: null,
});

test('a row too large for a record lands in the lake by itself, and the others go on', async () => {
  const objects = new MemoryObjectStore();
  const table = archiveTable();
  const { delivery, rowsOf } = await openFirehose(undefined, { tables: [table], oversize: oversizeLanding(async () => objects) });
  const rows = [archiveRow(10), archiveRow(800_000), archiveRow(20)];
  for (let i = 0; i < 2; i += 1) await delivery.deliver([{ table: 'archive', rows }]);
  expect(new Set(rowsOf('headrace-test-archive')).size).toBe(2);
  const landed = await objects.list('');
  expect(landed).toHaveLength(1);
  const key = landed[0]?.key ?? '';
  expect(parseLandedKey(key)).toMatchObject({ table: 'archive', dt: '2026-03-01', hour: '09' });
  const body = (await objects.get(key))?.body ?? new Uint8Array();
  expect(await parquetRows(bufferOf(body), landedTable(table))).toEqual([rows[1]]);
});

test('without a place for it, or with columns that cannot land alone, such a row is an error that names table and size', async () => {
  const { delivery, sent } = await openFirehose();
  const row = { ...kindsRow(1), text: 'x'.repeat(1_024_000) };
  const failure = await delivery.deliver([{ table: 'kinds', rows: [kindsRow(0), row] }]).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(RowTooLargeError);
  expect((failure as Error).message).toMatch(/table kinds: got 10241\d\d bytes; allowed: at most 1024000/);
  expect(sent).toEqual([]);
  await expect(oversizeLanding(async () => new MemoryObjectStore())(kindsTable, row)).rejects.toThrow(RowTooLargeError);
});

test('rows of an unknown table are an error', async () => {
  const { delivery } = await openFirehose();
  await expect(delivery.deliver([{ table: 'nothing', rows: [] }])).rejects.toThrow('table nothing is not one of kinds, other');
});
