import { quoteName } from '../../../lake/sql-text.ts';

/** A result that is exported and read back. */
export interface Question {
  readonly name: string;
  readonly sql: string;
  /** Whether it is also read from a pipe while the command writes it. */
  readonly isPiped?: boolean;
  /** Cells in which the export differs on purpose from what is asked for. */
  readonly planted?: { readonly sql: string; readonly cells: number };
}

const table = (name: string, order: string, isPiped = false): Question => ({
  name,
  sql: `SELECT * FROM ${name} ORDER BY ${order}`,
  isPiped,
});

const PAYMENTS = 'SELECT event_id, event_time, amount, device_id FROM transactions';

/** The same payments with one of them changed: the first by id that has, or lacks, a device. */
function plant(name: string, column: string, changed: string, isWithDevice = true): Question {
  const chosen = `event_id = (SELECT min(event_id) FROM transactions WHERE device_id IS ${isWithDevice ? 'NOT NULL' : 'NULL'})`;
  const sql = `SELECT * REPLACE (CASE WHEN ${chosen} THEN ${changed} ELSE ${column} END AS ${column}) FROM (${PAYMENTS}) ORDER BY event_id`;
  return { name, sql: `${PAYMENTS} ORDER BY event_id`, planted: { sql, cells: 1 } };
}

/** Rows of every type, at its edges: SQL of three rows, the last all null. */
const EDGES: Readonly<Record<string, readonly [type: string, one: string, other: string]>> = {
  tiny: ['TINYINT', '-128', '127'],
  small: ['SMALLINT', '-32768', '32767'],
  whole: ['INTEGER', '-2147483648', '2147483647'],
  big: ['BIGINT', '-9223372036854775808', '9007199254740993'],
  utiny: ['UTINYINT', '0', '255'],
  usmall: ['USMALLINT', '0', '65535'],
  uwhole: ['UINTEGER', '0', '4294967295'],
  ubig: ['UBIGINT', '0', '18446744073709551615'],
  huge: ['HUGEINT', "'-99999999999999999999999999999999999999'", "'99999999999999999999999999999999999999'"],
  uhuge: ['UHUGEINT', '0', "'340282366920938463463374607431768211455'"],
  money: ['DECIMAL(4,2)', '-99.99', '0.01'],
  money_wide: ['DECIMAL(18,4)', '-99999999999999.9999', '0.0001'],
  money_widest: ['DECIMAL(38,10)', "'-9999999999999999999999999999.9999999999'", "'0.0000000001'"],
  single: ['FLOAT', '0.1', "'-inf'"],
  number: ['DOUBLE', '0.1', "'nan'"],
  number_far: ['DOUBLE', '1.7976931348623157e308', "'infinity'"],
  number_near: ['DOUBLE', '5e-324', '-2.2250738585072014e-308'],
  yes: ['BOOLEAN', 'true', 'false'],
  moment: ['TIMESTAMP', "'1900-01-01 00:00:00.000001'", "'9999-12-31 23:59:59.999999'"],
  moment_s: ['TIMESTAMP_S', "'1969-12-31 23:59:59'", "'2026-01-05 10:00:00'"],
  moment_ms: ['TIMESTAMP_MS', "'1969-12-31 23:59:59.999'", "'2026-01-05 10:00:00.001'"],
  moment_ns: ['TIMESTAMP_NS', "'1969-12-31 23:59:59.999999999'", "'2026-01-05 10:00:00.123456789'"],
  instant: ['TIMESTAMPTZ', "'2026-07-01 12:00:00.5+02'", "'1900-01-01 00:00:00+00'"],
  day: ['DATE', "'0001-01-01'", "'9999-12-31'"],
  clock: ['TIME', "'00:00:00'", "'23:59:59.999999'"],
  span: ['INTERVAL', "'1 year 2 days'", "'00:00:00.000001'"],
  identity: ['UUID', "'00000000-0000-0000-0000-000000000001'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
  bytes: ['BLOB', "''", "'\\x00\\xFF'"],
  empty: ['VARCHAR', "''", "' '"],
  looks: ['VARCHAR', "'NULL'", "'00123'"],
  awkward: ['VARCHAR', `'a,"b";' || chr(10) || chr(13) || chr(9) || '\\'`, "'Zürich 東京 🦊 ' || chr(233)"],
  long: ['VARCHAR', "repeat('long ', 20000)", "repeat('🦊', 20000)"],
  pick: ["ENUM('red', 'green')", "'red'", "'green'"],
  texts: ['VARCHAR[]', "['a', NULL, '']", '[]'],
  numbers: ['BIGINT[]', '[1, NULL, -3]', '[]'],
  amounts: ['DECIMAL(18,2)[]', '[0.01, NULL]', '[12.50]'],
  grid: ['INTEGER[][]', '[[1], [], NULL]', '[[2, 3]]'],
  pair: ['INTEGER[2]', '[1, NULL]', '[3, 4]'],
  place: [
    'STRUCT(lat DOUBLE, name VARCHAR, ok BOOLEAN)',
    "{'lat': 47.25, 'name': NULL, 'ok': true}",
    "{'lat': NULL, 'name': 'x', 'ok': false}",
  ],
  places: ['STRUCT(a INTEGER, b DECIMAL(9,2))[]', "[{'a': 1, 'b': 0.01}, NULL]", '[]'],
  scores: ['MAP(VARCHAR, BIGINT)', "MAP {'a': 1, 'b': NULL}", 'MAP {}'],
};

const ROWS = [0, 1, 2];

/** One row after another; the index of the row comes first, so that no row is empty in CSV. */
function edges(): string {
  const selects = ROWS.map((row) => {
    const cells = Object.entries(EDGES).map(([name, [type, ...held]]) => `CAST(${held[row] ?? 'NULL'} AS ${type}) AS ${quoteName(name)}`);
    return `SELECT ${row} AS n, ${cells.join(', ')}, NULL AS nothing`;
  });
  return `SELECT * FROM (${selects.join(' UNION ALL ')}) ORDER BY n`;
}

/** What is asked: tables of the pipeline, sums, edges, nothing at all, several batches; and what is wrong on purpose. */
export const QUESTIONS: readonly Question[] = [
  table('transactions', 'event_id', true),
  table('labels', 'event_id'),
  table('decisions', 'event_id'),
  table('alerts', 'alert_id'),
  table('customer_session', 'customer_id, window_start'),
  {
    name: 'sums',
    sql: `SELECT currency, event_time::DATE AS day, sum(amount_minor) AS minor, sum(amount) AS amount, avg(amount_minor) AS mean
      FROM transactions GROUP BY ALL ORDER BY ALL`,
  },
  { name: 'edges', sql: edges(), isPiped: true },
  { name: 'no rows', sql: `SELECT * FROM (${edges()}) WHERE n > 9`, isPiped: true },
  {
    name: 'several batches',
    sql: "SELECT n, CASE WHEN n % 3 > 0 THEN n END AS gap, 'x' || n AS t, (n / 100)::DECIMAL(12,2) AS d FROM range(40000) AS r(n) ORDER BY n",
    isPiped: true,
  },
  plant('a cent', 'amount', 'amount + 0.01'),
  plant('a millisecond', 'event_time', 'event_time + INTERVAL 1 MILLISECOND'),
  plant('a lost null', 'device_id', "''", false),
  plant('a new null', 'device_id', 'NULL'),
];
