import { GlueClient } from '@aws-sdk/client-glue';
import { expect, test } from 'vitest';
import { GlueCatalogue } from '../../../functions/adapters/glue-catalogue.ts';
import { jsonService, patientRetry, type ServiceReply, type ServiceRequest } from './json-server.ts';

const STORAGE = { Columns: [{ Name: 'id', Type: 'string' }], Location: 's3://lake/lake/kinds/landing/', InputFormat: 'parquet' };
const hour = (n: number) => ({
  dt: '2026-03-01',
  hour: String(n).padStart(2, '0'),
  folder: `kinds/landing/dt=2026-03-01/hour=${String(n).padStart(2, '0')}/`,
});

async function openGlue(answer: (request: ServiceRequest) => ServiceReply) {
  const service = await jsonService((request) =>
    request.operation === 'GetTable' ? { output: { Table: { Name: 'kinds', StorageDescriptor: STORAGE } } } : answer(request),
  );
  const catalogue = new GlueCatalogue({
    client: new GlueClient(service.settings),
    database: 'headrace',
    lakeUri: 's3://lake/lake/',
    retry: patientRetry(3),
  });
  return { catalogue, ...service };
}

test('hours go a hundred at a time with the columns of their table and a location of their own', async () => {
  const { catalogue, calls } = await openGlue(() => ({ output: { Errors: [] } }));
  const hours = Array.from({ length: 130 }, (_, i) => ({
    ...hour(i % 24),
    dt: `2026-03-${String(1 + Math.floor(i / 24)).padStart(2, '0')}`,
  }));
  expect(await catalogue.register('kinds', hours)).toBe(130);
  const lists = calls
    .filter(({ operation }) => operation === 'BatchCreatePartition')
    .map(({ input }) => input['PartitionInputList'] as object[]);
  expect(lists.map((list) => list.length)).toEqual([100, 30]);
  expect(lists[0]?.[0]).toEqual({
    Values: ['2026-03-01', '00'],
    StorageDescriptor: { ...STORAGE, Location: 's3://lake/lake/kinds/landing/dt=2026-03-01/hour=00/' },
  });
});

test('an hour that could not be registered for another reason than being there is an error', async () => {
  const { catalogue } = await openGlue(() => ({
    output: {
      Errors: [{ PartitionValues: ['2026-03-01', '00'], ErrorDetail: { ErrorCode: 'InternalServiceException', ErrorMessage: 'oops' } }],
    },
  }));
  await expect(catalogue.register('kinds', [hour(0), hour(1)])).rejects.toThrow('partition 2026-03-01 00: oops');
});

test('a swap is one update of one partition', async () => {
  const { catalogue, calls, counts } = await openGlue(() => ({ output: { Errors: [] } }));
  expect(await catalogue.swap('kinds', { ...hour(9), folder: 'kinds/gen=1/dt=2026-03-01/hour=09/' })).toBe(true);
  expect(counts()).toEqual({ GetTable: 1, BatchUpdatePartition: 1 });
  expect(calls[1]?.input['Entries']).toEqual([
    {
      PartitionValueList: ['2026-03-01', '09'],
      PartitionInput: {
        Values: ['2026-03-01', '09'],
        StorageDescriptor: { ...STORAGE, Location: 's3://lake/lake/kinds/gen=1/dt=2026-03-01/hour=09/' },
      },
    },
  ]);
});

test('hours are taken out one by one, by their values alone; those that were not there are no error, any other is one', async () => {
  const gone = '00';
  const { catalogue, calls, counts } = await openGlue(({ input }) =>
    (input['PartitionValues'] as string[])[1] === gone ? { error: 'EntityNotFoundException', message: 'none' } : { output: {} },
  );
  const hours = Array.from({ length: 30 }, (_, i) => ({ ...hour(i % 24), dt: `2026-03-0${1 + Math.floor(i / 24)}` }));
  await catalogue.remove('kinds', hours);
  expect(counts()).toEqual({ DeletePartition: 30 });
  expect(calls.map(({ input }) => (input['PartitionValues'] as string[]).join(' ')).sort()).toEqual(
    hours.map(({ dt, hour: at }) => `${dt} ${at}`),
  );
  const { catalogue: failing } = await openGlue(() => ({ error: 'InvalidInputException', message: 'oops' }));
  await expect(failing.remove('kinds', [hour(0)])).rejects.toThrow('oops');
});

test('hours come from all pages, and only the days asked for are asked for', async () => {
  const page = (n: number): object => ({
    Values: ['2026-03-01', hour(n).hour],
    StorageDescriptor: { Location: `s3://lake/lake/${hour(n).folder}` },
  });
  const { catalogue, calls } = await openGlue(({ input }) =>
    input['NextToken'] === undefined
      ? { output: { Partitions: [page(10), page(9)], NextToken: 'more' } }
      : { output: { Partitions: [page(8)] } },
  );
  expect(await catalogue.list('kinds', '2026-03-01', '2026-03-02')).toEqual([hour(8), hour(9), hour(10)]);
  expect(calls[0]?.input['Expression']).toBe("dt >= '2026-03-01' AND dt <= '2026-03-02'");
});

test('a table that is not in the catalogue is named', async () => {
  const { settings } = await jsonService(() => ({ error: 'EntityNotFoundException', message: 'Table not found' }));
  const catalogue = new GlueCatalogue({
    client: new GlueClient(settings),
    database: 'headrace',
    lakeUri: 's3://l/',
    retry: patientRetry(),
  });
  await expect(catalogue.register('kinds', [hour(0)])).rejects.toMatchObject({
    fault: 'MISSING',
    message: expect.stringContaining('headrace.kinds'),
  });
});
