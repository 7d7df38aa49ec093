import { AthenaClient } from '@aws-sdk/client-athena';
import { expect, test } from 'vitest';
import { AthenaSql } from '../../../functions/adapters/athena-sql.ts';
import { athenaValue } from '../../../functions/adapters/athena-values.ts';
import { QueryError } from '../../../functions/adapters/errors.ts';
import { jsonService, patientRetry, type ServiceReply, type ServiceRequest } from './json-server.ts';

interface Life {
  /** States that the query goes through, one a poll; the last stays. */
  readonly states?: readonly string[];
  readonly status?: object;
  readonly statementType?: string;
  readonly pages?: readonly (readonly (readonly (string | undefined)[])[])[];
  readonly fault?: (request: ServiceRequest) => ServiceReply | undefined;
}

const COLUMNS = [
  { Name: 'id', Type: 'varchar' },
  { Name: 'n', Type: 'bigint' },
];

async function openAthena({ states = ['SUCCEEDED'], status = {}, statementType = 'DML', pages = [[['id', 'n']]], fault }: Life = {}) {
  const service = await jsonService((request): ServiceReply => {
    const said = fault?.(request);
    if (said !== undefined) return said;
    switch (request.operation) {
      case 'StartQueryExecution':
        return { output: { QueryExecutionId: 'q-1' } };
      case 'GetQueryExecution': {
        const State = states[Math.min(request.count, states.length) - 1];
        const Status = { State, ...status };
        return { output: { QueryExecution: { Status, StatementType: statementType, Statistics: { DataScannedInBytes: 12_345 } } } };
      }
      case 'GetQueryResults': {
        const at = Number(request.input['NextToken'] ?? 0);
        const Rows = (pages[at] ?? []).map((row) => ({ Data: row.map((value) => (value === undefined ? {} : { VarCharValue: value })) }));
        const more = at + 1 < pages.length ? { NextToken: String(at + 1) } : {};
        return { output: { ResultSet: { Rows, ResultSetMetadata: { ColumnInfo: COLUMNS } }, ...more } };
      }
      default:
        return { output: {} };
    }
  });
  const waits: number[] = [];
  const pause = async (ms: number): Promise<void> => void waits.push(ms);
  const engine = new AthenaSql({
    client: new AthenaClient(service.settings),
    workgroup: 'w',
    database: 'd',
    retry: patientRetry(3),
    pause,
  });
  return { engine, waits, ...service };
}

test('a query is polled with growing waits, read page by page, and says what it scanned', async () => {
  const { engine, waits, calls } = await openAthena({
    states: ['QUEUED', 'RUNNING', 'RUNNING', 'SUCCEEDED'],
    pages: [
      [
        ['id', 'n'],
        ['a', '1'],
        ['b', undefined],
      ],
      [
        ['id', 'n'],
        [undefined, '9007199254740993'],
      ],
    ],
  });
  expect(await engine.run('SELECT id, n FROM t')).toEqual({
    columns: [
      { name: 'id', type: 'varchar' },
      { name: 'n', type: 'bigint' },
    ],
    rows: [
      ['a', 1],
      ['b', null],
      ['id', 'n'],
      [null, '9007199254740993'],
    ],
    scannedBytes: 12_345,
  });
  expect(waits).toEqual([200, 300, 450]);
  expect(calls[0]?.input).toMatchObject({ QueryString: 'SELECT id, n FROM t', WorkGroup: 'w', QueryExecutionContext: { Database: 'd' } });
});

test('statements without a header row keep their first row', async () => {
  const { engine } = await openAthena({ statementType: 'UTILITY', pages: [[['id', 'n']]] });
  expect((await engine.run('SHOW TABLES')).rows).toEqual([['id', 'n']]);
});

test('a query over the scan limit says so and what to do', async () => {
  const { engine } = await openAthena({
    states: ['RUNNING', 'CANCELLED'],
    status: { StateChangeReason: 'Bytes scanned limit was exceeded' },
  });
  const failure = engine.run('SELECT 1');
  await expect(failure).rejects.toThrow(QueryError);
  await expect(failure).rejects.toThrow(/workgroup w allows \(12345 bytes read so far\); name fewer columns/);
});

test('bad SQL is a usage error, a failure of the service a retriable one', async () => {
  const user = await openAthena({
    states: ['FAILED'],
    status: { StateChangeReason: 'line 1:8: Column\n x', AthenaError: { ErrorCategory: 2 } },
  });
  await expect(user.engine.run('SELECT x')).rejects.toThrow(new QueryError('line 1:8: Column x'));
  const system = await openAthena({ states: ['FAILED'], status: { StateChangeReason: 'Internal', AthenaError: { ErrorCategory: 1 } } });
  await expect(system.engine.run('SELECT x')).rejects.toMatchObject({ fault: 'UNREACHABLE', retriable: true });
  const refused = await openAthena({ fault: () => ({ error: 'InvalidRequestException', message: 'line 1:1: mismatched input' }) });
  await expect(refused.engine.run('SELEC')).rejects.toThrow(new QueryError('line 1:1: mismatched input'));
});

test('an aborted query is stopped on the service', async () => {
  const controller = new AbortController();
  const { engine, counts, calls } = await openAthena({
    states: ['RUNNING'],
    fault: ({ operation, count }) => {
      if (operation === 'GetQueryExecution' && count === 2) controller.abort(new Error('enough'));
      return undefined;
    },
  });
  await expect(engine.run('SELECT 1', controller.signal)).rejects.toThrow('enough');
  expect(counts()['StopQueryExecution']).toBe(1);
  expect(calls.at(-1)?.input).toEqual({ QueryExecutionId: 'q-1' });
});

test('polls that are throttled or lost are made again', async () => {
  const { engine, counts } = await openAthena({
    fault: ({ operation, count }) => {
      if (operation !== 'GetQueryExecution' || count > 2) return undefined;
      return count === 1 ? { error: 'ThrottlingException' } : 'drop';
    },
  });
  expect((await engine.run('SELECT 1')).rows).toEqual([]);
  expect(counts()['GetQueryExecution']).toBe(3);
});

test.each([
  ['integer', '-5', -5],
  ['bigint', '-9223372036854775808', '-9223372036854775808'],
  ['double', '1.5E-7', 1.5e-7],
  ['double', 'Infinity', 'Infinity'],
  ['boolean', 'false', false],
  ['decimal', '12.50', '12.50'],
  ['timestamp', '2026-03-01 09:00:00.123', '2026-03-01 09:00:00.123'],
  ['timestamp', '2026-03-01 09:00:00', '2026-03-01 09:00:00.000'],
  ['timestamp', '2026-03-01 09:00:00.123450', '2026-03-01 09:00:00.12345'],
  ['varbinary', '61 ff 00', 'Yf8A'],
  ['array', '[a, b]', '[a, b]'],
  ['varchar', undefined, null],
])('%s %j is %j', (type, text, value) => {
  expect(athenaValue(type, text)).toBe(value);
});
