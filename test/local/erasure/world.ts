import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect } from 'vitest';
import { compilePlan } from '../../../core/plan.ts';
import type { ForgetPorts, ForgetRequest } from '../../../functions/forget/forget.ts';
import { SortEngine } from '../../../lake/compaction/engine.ts';
import { GenerationWriter } from '../../../lake/compaction/writer.ts';
import { subjectOf } from '../../../lake/erasure/subject.ts';
import { quoteText } from '../../../lake/sql-text.ts';
import { tablesOf } from '../../../lake/tables.ts';
import { erasureSecret } from '../../../local/erasure/secret.ts';
import { FolderObjectStore } from '../../../local/objects/folder.ts';
import { loadPipeline } from '../../../local/pipeline.ts';
import { dataFolder, readMeta } from '../../../local/runtime/folder.ts';
import { LakeSql } from '../../../local/sql/lake-sql.ts';
import { JournaledStateStore } from '../../../local/state/journaled.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';
import { headrace } from '../../cli/command-line.ts';

/** The key that is forgotten: quotes, a percent sign and letters beyond ASCII. */
export const KEY = `ada "o'neil" 100% é`;
/** Rows of a table as text, by what identifies them in order. */
export type Dump = Readonly<Record<string, readonly string[]>>;

type Fields = Readonly<Record<string, unknown>>;

export function payment(id: string, time: string, fields: Fields = {}): string {
  const base = {
    type: 'transaction',
    event_id: id,
    event_time: `2026-01-05T${time}Z`,
    customer_id: KEY,
    terminal_id: 't7',
    amount: '12.50',
    currency: 'EUR',
  };
  return JSON.stringify({ ...base, ...fields });
}

const BOB = { customer_id: 'bob' };
const FIRST = [
  payment('p1', '10:00:00', { device_id: 'phone-of-ada', lat: 1.5, lon: '2.25', note: `from ${KEY}` }),
  payment('p2', '10:03:00', { amount: '310.00' }),
  payment('p2', '10:03:00', { amount: '310.00' }),
  payment('b1', '10:04:00', { ...BOB, amount: '400.00', device_id: 'phone-of-bob' }),
  payment('p3', '10:05:00', { amount: '12,5', device_id: 'phone-of-ada' }),
  payment('b2', '10:06:00', { ...BOB, amount: '12,5' }),
  `{"customer_id":${JSON.stringify(KEY)},`,
  payment('p4', '11:30:00'),
  JSON.stringify({
    type: 'label',
    event_id: 'l1',
    event_time: '2026-01-05T11:31:00Z',
    transaction_id: 'p1',
    transaction_time: '2026-01-05T10:00:00Z',
    customer_id: KEY,
    terminal_id: 't7',
    fraud: true,
  }),
  payment('b3', '12:40:00', BOB),
];
const SECOND = [
  payment('late', '10:10:00'),
  payment('b-late', '10:11:00', BOB),
  payment('p5', '12:41:00', { amount: '500.00' }),
  payment('b4', '12:42:00', BOB),
];

/** A data folder with payments of two customers: published and landed files, late ones, bad ones, open windows. */
export async function filled(data: string): Promise<void> {
  await fed(data, FIRST);
  expect((await headrace('compact', '--data', data)).code).toBe(0);
  await fed(data, SECOND, '--append');
}

/** Feeds lines to the end of the stream; windows stay open. */
export async function fed(data: string, lines: readonly string[], ...flags: readonly string[]): Promise<void> {
  const file = `${data}-${lines.length}.ndjson`;
  writeFileSync(file, `${lines.join('\n')}\n`);
  const run = await headrace('run', '--input', file, '--data', data, '--keep-open', ...flags);
  expect(run.code, run.err).toBe(0);
}

/** All rows of all tables as queries see them; columns left out by `without`. */
export async function dump(data: string, without: readonly string[] = []): Promise<Dump> {
  const tables = tablesOf(pipeline);
  const sql = await LakeSql.open({ lakeDir: join(data, 'lake'), tables });
  try {
    const found: Record<string, string[]> = {};
    for (const { name, columns } of tables) {
      const kept = columns.filter((column) => !without.includes(column.name)).map((column) => `"${column.name}"`);
      const { rows } = await sql.query(`SELECT ${kept.join(', ')} FROM ${name}`);
      found[name] = rows
        .map((row) => JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)))
        .sort();
    }
    return found;
  } finally {
    await sql.close();
  }
}

/** Files below a folder, but for the stream's own, that have one of the texts: raw, base64, or in a value of a Parquet or SQLite file. */
export async function filesWith(data: string, texts: readonly string[]): Promise<string[]> {
  const paths = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !path.startsWith('stream') && statSync(join(data, path)).isFile(),
  );
  const instance = await DuckDBInstance.create(':memory:');
  const db = await instance.connect();
  const hits: string[] = [];
  for (const path of paths) {
    const bodies = [readFileSync(join(data, path))];
    if (path.endsWith('.parquet')) {
      const reader = await db.runAndReadAll(`SELECT * FROM read_parquet(${quoteText(join(data, path))}, hive_partitioning = false)`);
      for (const row of reader.getRowsJS())
        for (const cell of row)
          bodies.push(
            cell instanceof Uint8Array
              ? Buffer.from(cell)
              : Buffer.from(JSON.stringify(cell, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one)) ?? ''),
          );
    }
    if (texts.some((text) => spellings(text).some((one) => bodies.some((body) => body.includes(one))))) hits.push(path);
  }
  db.closeSync();
  instance.closeSync();
  return hits;
}

/** A text as it is, in JSON, in JSON in JSON, and in base64 at each alignment. */
function spellings(text: string): Buffer[] {
  const inner = (one: string): string => JSON.stringify(one).slice(1, -1);
  const plain = [text, inner(text), inner(inner(text))];
  const coded = [0, 1, 2].map((pad) =>
    Buffer.concat([Buffer.alloc(pad), Buffer.from(inner(text))])
      .toString('base64')
      .slice(pad === 0 ? 0 : 4, -4),
  );
  return [...plain, ...coded].map((one) => Buffer.from(one));
}

/** A folder of one hour, small enough to be erased many times: published and landed files, a bad event, open windows. */
export async function filledSmall(data: string): Promise<void> {
  const device = { device_id: 'phone-of-ada' };
  await fed(data, [payment('p1', '10:00:00', device), payment('b1', '10:01:00', BOB), payment('p2', '10:02:00', { amount: '12,5' })]);
  expect((await headrace('compact', '--data', data)).code).toBe(0);
  await fed(data, [payment('p3', '10:03:00', { amount: '500.00', ...device }), payment('b2', '10:04:00', BOB)], '--append');
}

/** Ports of a process of its own on a folder, without its locks. */
export async function opened<T>(data: string, use: (ports: ForgetPorts) => Promise<T>): Promise<T> {
  const folder = dataFolder(data);
  const objects = new FolderObjectStore(folder.lake);
  const writer = new GenerationWriter({ scratch: objects.scratch('w') });
  const engine = new SortEngine({ scratch: objects.scratch('e'), memoryMb: 128, threads: 1 });
  const store = new JournaledStateStore(folder.state, Date.now);
  try {
    const work = new FolderObjectStore(folder.backfill);
    return await use({ objects, files: objects, writer, engine, store, work, clock: Date.now, settle: async () => store.scrub() });
  } finally {
    writer.close();
    engine.rest();
    store.close();
  }
}

/** Asks for the key to be forgotten. */
export async function request(data: string): Promise<ForgetRequest> {
  const loaded = await loadPipeline('pipelines/payments');
  return {
    plan: compilePlan(pipeline),
    subject: subjectOf(pipeline, 'customer_id', KEY, erasureSecret(data)),
    rules: loaded.rules.rules,
    streamEpoch: readMeta(dataFolder(data))?.streamEpoch ?? '',
    by: 'test',
    remains: [],
  };
}
