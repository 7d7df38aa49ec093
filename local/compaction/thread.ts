import { parentPort, workerData } from 'node:worker_threads';
import { compactLake, type Failed, failureText } from '../../lake/compaction/lake.ts';
import { type Swept, sweepTable } from '../../lake/compaction/sweep.ts';
import { GenerationWriter } from '../../lake/compaction/writer.ts';
import { CheckedObjects } from '../../lake/generations/checked.ts';
import { FolderObjectStore } from '../objects/folder.ts';
import type { CompactionReport, CompactorMessage, CompactorStart } from './messages.ts';

const start = workerData as CompactorStart;
const stop = new AbortController();

function say(message: CompactorMessage): void {
  parentPort?.postMessage(message);
}

parentPort?.on('message', () => stop.abort());

async function compact(): Promise<CompactionReport> {
  const { lakeDir, tables, policy, isRepairing, memoryMb, keptMs } = start;
  const store = new FolderObjectStore(lakeDir);
  const writer = new GenerationWriter({ scratch: store.scratch('compact'), ...(memoryMb === undefined ? {} : { memoryMb }) });
  const ports = { objects: store, files: store, writer, clock: Date.now };
  const before = process.cpuUsage();
  try {
    // What is done every few minutes looks at what has landed; what a person asks for looks at everything.
    const isQuick = policy.settleMs !== Number.NEGATIVE_INFINITY;
    const onCompacted = (one: CompactionReport['compacted'][number]): void => say({ kind: 'compacted', one });
    const checked = isQuick && !isRepairing ? ports : { ...ports, objects: new CheckedObjects(ports) };
    const done = await compactLake(checked, { tables, policy, isRepairing, isQuick, signal: stop.signal, onCompacted });
    const swept: Swept = { dropped: 0, expired: 0, filesRemoved: 0, landingRemoved: 0, reconciled: 0 };
    const failed: Failed[] = [...done.failed];
    for (const table of tables) {
      if (stop.signal.aborted) break;
      await sweepTable(ports, table, keptMs).then(
        (one) => add(swept, one),
        (error: unknown) => failed.push({ table: table.name, error }),
      );
    }
    const { user, system } = process.cpuUsage(before);
    return {
      ...done,
      failed: failed.map(({ error, ...place }) => ({ ...place, message: failureText({ ...place, error }) })),
      swept,
      cpuSeconds: (user + system) / 1e6,
    };
  } finally {
    close(writer);
  }
}

/** What cannot be removed is emptied by the next start; it must not hide what was done. */
function close(writer: GenerationWriter): void {
  try {
    writer.close();
  } catch {}
}

function add(sum: { -readonly [K in keyof Swept]: Swept[K] }, one: Swept): void {
  for (const name of Object.keys(sum) as (keyof Swept)[]) sum[name] += one[name];
}

compact()
  .then((report) => say({ kind: 'done', report }))
  .catch((error: unknown) => say({ kind: 'broken', message: error instanceof Error ? error.message : String(error) }))
  .finally(() => parentPort?.close());
