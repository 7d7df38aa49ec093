import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { onTestFinished } from 'vitest';
import { DUCKDB_MACROS } from '../../glue/macros.ts';
import { viewSql } from '../../glue/views.ts';
import { landedTable } from '../../lake/delivery-format.ts';
import { duckType } from '../../lake/duck-types.ts';
import { partitionOf } from '../../lake/names.ts';
import { quoteName } from '../../lake/sql-text.ts';
import { tablesOf } from '../../lake/tables.ts';
import { pipeline as payments } from '../../pipelines/payments/pipeline.ts';

/** SQL literals by column; columns left out are null. */
type Cells = Readonly<Record<string, string>>;

const at = (time: string): string => `TIMESTAMP '2026-03-01 ${time}'`;

function place(number: number, arrival: string): Cells {
  return {
    shard_id: "'shard-0'",
    sequence: `'${number}'`,
    sub_sequence: '0',
    arrival_time: at(arrival),
    partition_key: "'k'",
  };
}

function payment(id: string, time: string, arrival: string): Cells {
  return {
    ...place(100, arrival),
    event_id: `'${id}'`,
    event_time: at(time),
    customer_id: "'c1'",
    amount_minor: '12345',
    currency: "'EUR'",
    lane: "'accepted'",
  };
}

/** Times of an event on the second Monday after. */
function later(time: string, arrival: string): Cells {
  return { event_time: `TIMESTAMP '2026-03-09 ${time}'`, arrival_time: `TIMESTAMP '2026-03-09 ${arrival}'` };
}

function decision(id: string, time: string, outcome: string, fired: string): Cells {
  return {
    ...payment(id, time, time),
    outcome: `'${outcome}'`,
    score: outcome === 'decline' ? '10' : '4',
    rules_fired: fired,
    reasons: "['too much', 'too often']",
    features: `'{"customer_count_1h": 7}'`,
  };
}

function trial(outcome: string, shadow: string): Cells {
  return { trial_version: "'t1'", trial_outcome: `'${outcome}'`, rules_shadow: shadow };
}

function alert(rule: string, event: string): Cells {
  return { ...payment(event, '10:00:00', '10:00:01'), alert_id: `'${rule}-${event}'`, rule_id: `'${rule}'` };
}

const balance = (time: string, seen: number, accepted: number, hi: number): Cells => ({
  recorded_at: at(time),
  shard_id: "'shard-0'",
  hi: `'${hi}'`,
  seen: String(seen),
  accepted: String(accepted),
  late: '1',
  duplicate: '1',
  quarantined: '1',
});

function terminalHour(terminal: string, start: string, count: number, sum: number): Cells {
  return {
    terminal_id: `'${terminal}'`,
    currency: "'EUR'",
    window_start: `TIMESTAMP '${start}'`,
    revision: '0',
    count: String(count),
    sum_minor: String(sum),
  };
}

function session(customer: string, durationMs: number, count: number, sum: number): Cells {
  return {
    customer_id: `'${customer}'`,
    currency: "'EUR'",
    window_start: at(durationMs === 0 ? '10:00:00' : '12:00:00'),
    revision: '0',
    duration_ms: String(durationMs),
    count: String(count),
    sum_minor: String(sum),
  };
}

/** Rows of a lake that each shipped query has an answer on; blobs as they land, in base64. */
const ROWS: Readonly<Record<string, readonly Cells[]>> = {
  transactions: [
    { ...payment('p1', '10:00:00', '10:00:02'), device_id: "'d1'", terminal_id: "'t1'" },
    { ...payment('p2', '10:30:00', '10:30:04'), device_id: "'d1'", terminal_id: "'t1'" },
    { ...payment('p2', '10:30:00', '10:30:04'), device_id: "'d1'", terminal_id: "'t1'" },
    { ...payment('p3', '11:00:00', '11:00:01.5'), terminal_id: "'t2'" },
    { ...payment('p6', '10:00:00', '10:00:00'), ...later('10:00:00', '10:00:01'), device_id: "'d1'", terminal_id: "'t1'" },
    {
      ...payment('p7', '11:00:00', '11:00:00'),
      ...later('11:00:00', '11:00:03'),
      ...{ customer_id: "'c2'", device_id: "'d2'", terminal_id: "'t3'", amount_minor: '500', currency: "'JPY'" },
    },
  ],
  terminal_1h: [
    terminalHour('t1', '2026-03-01 10:00:00', 2, 5000),
    terminalHour('t1', '2026-03-01 23:00:00', 1, 1000),
    terminalHour('t1', '2026-03-02 00:00:00', 1, 9000),
    terminalHour('t2', '2026-03-01 10:00:00', 1, 700),
    terminalHour('t2', '2026-03-03 10:00:00', 1, 900),
  ],
  customer_session: [
    session('c1', 0, 1, 500),
    session('c2', 0, 1, 700),
    session('c1', 1_200_000, 3, 2000),
    session('c3', 7_200_000, 9, 8000),
  ],
  decisions: [
    { ...decision('p1', '10:00:00', 'decline', "['amount', 'velocity']"), ...trial('decline', "['foreign']") },
    { ...decision('p2', '10:30:00', 'review', "['velocity']"), ...trial('approve', "['foreign', 'night']") },
    { ...decision('p2', '10:30:00', 'review', "['velocity']"), ...trial('approve', "['foreign', 'night']") },
    { ...decision('p3', '11:00:00', 'approve', '[]'), ...trial('decline', "['night']") },
  ],
  alerts: [
    alert('velocity', 'p1'),
    alert('velocity', 'p2'),
    alert('amount', 'p1'),
    alert('amount', 'p9'),
    { ...alert('velocity', 'p6'), ...later('10:00:00', '10:00:01') },
  ],
  labels: [
    { ...payment('l1', '12:00:00', '12:00:01'), transaction_id: "'p1'", fraud: 'false' },
    { ...payment('l2', '12:30:00', '12:30:01'), transaction_id: "'p1'", fraud: 'true' },
    { ...payment('l3', '12:30:00', '12:30:01'), transaction_id: "'p2'", fraud: 'false' },
    // Of another customer's payment with the same id.
    { ...payment('l4', '12:30:00', '12:30:01'), customer_id: "'c2'", transaction_id: "'p3'", fraud: 'true' },
    { ...payment('l6', '12:00:00', '12:00:01'), ...later('12:00:00', '12:00:01'), transaction_id: "'p6'", fraud: 'true' },
    // Two of one moment: the later id counts.
    {
      ...payment('l8', '12:00:00', '12:00:01'),
      ...later('12:00:00', '12:00:01'),
      customer_id: "'c2'",
      transaction_id: "'p7'",
      fraud: 'true',
    },
    {
      ...payment('l7', '12:00:00', '12:00:01'),
      ...later('12:00:00', '12:00:01'),
      customer_id: "'c2'",
      transaction_id: "'p7'",
      fraud: 'false',
    },
  ],
  late_events: [
    { ...payment('p4', '09:00:00', '10:00:00'), event_type: "'transaction'", watermark: at('09:30:00'), data: "'e30='" },
    { ...payment('p5', '09:10:00', '10:00:00'), event_type: "'transaction'", watermark: at('09:30:00'), sequence: "'101'", data: "'e30='" },
  ],
  quarantine: [
    { ...place(1, '10:00:00'), code: "'JSON_SYNTAX'", path: "''", message: "'first'", data: "'e30='" },
    { ...place(2, '10:00:05'), code: "'JSON_SYNTAX'", path: "''", message: "'second'", data: "'e30='" },
    { ...place(3, '10:00:03'), code: "'AMOUNT_SYNTAX'", path: "'amount'", message: "'third'", data: "'e30='" },
  ],
  ledger: [balance('10:00:00', 5, 2, 1), balance('10:05:00', 9, 6, 2), balance('11:05:00', 12, 9, 3)],
};

/** A database with the landed rows, and the views over them as Athena shows them. */
export async function smallLake(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:');
  const db = await instance.connect();
  onTestFinished(() => {
    db.closeSync();
    instance.closeSync();
  });
  await db.run('CREATE SCHEMA landing');
  for (const macro of DUCKDB_MACROS) await db.run(macro);
  for (const table of tablesOf(payments)) {
    const name = `landing.${quoteName(table.name)}`;
    const columns = landedTable(table).columns.map((column) => `${quoteName(column.name)} ${duckType(column.type)}`);
    await db.run(`CREATE TABLE ${name} (${[...columns, 'dt VARCHAR', 'hour VARCHAR'].join(', ')})`);
    const known = new Set(table.columns.map((column) => column.name));
    for (const row of ROWS[table.name] ?? []) {
      const cells = Object.entries(row).filter(([column]) => known.has(column));
      const [, time = ''] = /'(.*)'/.exec(row[table.partitionColumn] ?? '') ?? [];
      const { dt, hour } = partitionOf(Date.parse(`${time.replace(' ', 'T')}Z`));
      const names = [...cells.map(([column]) => quoteName(column)), 'dt', 'hour'];
      await db.run(`INSERT INTO ${name} (${names.join(', ')}) VALUES (${cells.map(([, cell]) => cell).join(', ')}, '${dt}', '${hour}')`);
    }
    await db.run(`CREATE VIEW ${quoteName(table.name)} AS ${viewSql(table, name, 'base64')}`);
  }
  return db;
}
