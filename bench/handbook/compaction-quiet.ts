import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NOW_POLICY } from '../../lake/compaction/plan.ts';
import { compactFolder } from '../../local/compaction/compactor.ts';
import { FolderObjectStore } from '../../local/objects/folder.ts';
import { BytesRead, figuresText, inEngine, readText, sizeOf, tableOf } from './bytes-read.ts';
import { landQuietHours } from './compaction-data.ts';
import { checkInput, HANDBOOK } from './handbook.ts';

/** Measures what compaction gains in quiet hours: days of the handbook as they are, some 400 payments an hour, in files of a quarter of an hour. */
const { values } = parseArgs({
  options: {
    input: { type: 'string', default: HANDBOOK },
    days: { type: 'string', default: '7' },
    files: { type: 'string', default: '4' },
  },
});

const reads = new BytesRead({
  one_customer: "SELECT * FROM payments WHERE customer_id = '596'",
  one_customer_two_columns: "SELECT event_time, amount_minor FROM payments WHERE customer_id = '596'",
  sum_of_all: 'SELECT sum(amount_minor) FROM payments',
});
const table = tableOf('transactions');
const root = mkdtempSync(join(tmpdir(), 'headrace-bench-'));
try {
  const handbook = checkInput(values.input);
  await landQuietHours({ lakeDir: root, table, handbook, days: Number(values.days), files: Number(values.files) });
  const landed = await filesBelow(`${table.name}/landing/`);
  const { failed, compacted: done } = await compactFolder({ lakeDir: root, tables: [table], policy: NOW_POLICY, keptMs: 86_400_000 });
  if (failed.length > 0) throw new Error(failed.map(({ message }) => message).join('; '));
  const compacted = await filesBelow(`${table.name}/gen=`);
  const arrival = await inArrivalOrder(landed);
  const figures = {
    rows: done.reduce((sum, { rows }) => sum + rows, 0),
    hours: done.length,
    files_before: landed.length,
    files_after: compacted.length,
    bytes_landed: sizeOf(landed),
    bytes_arrival_order: sizeOf(arrival),
    bytes_compacted: sizeOf(compacted),
  };
  const read = {
    landed: await reads.from(landed, root),
    arrival_order: await reads.from(arrival, root),
    compacted: await reads.from(compacted, root),
  };
  process.stdout.write(`${figuresText(figures)}\n${readText(read)}`);
} finally {
  rmSync(root, { recursive: true, force: true });
}

async function filesBelow(prefix: string): Promise<string[]> {
  const objects = await new FolderObjectStore(root).list(prefix);
  return objects.filter(({ key }) => key.endsWith('.parquet')).map(({ key }) => join(root, key));
}

/** The files of each hour as one, in the order of arrival. */
async function inArrivalOrder(landed: readonly string[]): Promise<string[]> {
  const hours = Map.groupBy(landed, (path) => path.slice(0, path.lastIndexOf('/')));
  const made: string[] = [];
  for (const files of hours.values()) {
    const path = join(root, `arrival-${made.length}.parquet`);
    await inEngine(files, root, async (run) => {
      await run(`COPY (SELECT * FROM payments ORDER BY arrival_time) TO '${path}' (FORMAT parquet, COMPRESSION zstd)`);
    });
    made.push(path);
  }
  return made;
}
