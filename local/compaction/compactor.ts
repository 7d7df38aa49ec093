import { Worker } from 'node:worker_threads';
import type { Compacted } from '../../lake/compaction/partition.ts';
import type { DuePolicy } from '../../lake/compaction/plan.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { lockCompaction } from '../runtime/lock.ts';
import type { CompactionReport, CompactorMessage, CompactorStart } from './messages.ts';

/** What to compact in a lake folder. */
export interface CompactFolderOptions {
  readonly lakeDir: string;
  readonly tables: readonly TableSchema[];
  readonly policy: DuePolicy;
  /** How long replaced generations are kept, ms. */
  readonly keptMs: number;
  readonly isRepairing?: boolean;
  /** Memory of the engine, MiB. */
  readonly memoryMb?: number;
  readonly onCompacted?: (one: Compacted) => void;
  /** Ends it after the partition at hand. */
  readonly signal?: AbortSignal;
}

/** Heap of the thread, MiB: the witness holds one row group at a time, and its garbage is collected rather than piled up. */
const HEAP_MB = 96;
const YOUNG_MB = 12;

/**
 * Compacts a lake folder in a thread of its own, so that nobody waits for it and its memory is bounded. One at a time in a folder,
 * whatever the process; the pipeline may go on landing files meanwhile. Throws UsageError while another one is at it.
 */
export async function compactFolder(options: CompactFolderOptions): Promise<CompactionReport> {
  const { lakeDir, tables, policy, keptMs, isRepairing = false, memoryMb, onCompacted, signal } = options;
  const lock = lockCompaction(lakeDir);
  try {
    const start: CompactorStart = { lakeDir, tables, policy, isRepairing, memoryMb, keptMs };
    const worker = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: start,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const stop = (): void => worker.postMessage('stop');
    signal?.addEventListener('abort', stop);
    try {
      return await reportOf(worker, onCompacted);
    } finally {
      signal?.removeEventListener('abort', stop);
      await worker.terminate();
    }
  } finally {
    lock.release();
  }
}

function reportOf(worker: Worker, onCompacted: CompactFolderOptions['onCompacted']): Promise<CompactionReport> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: CompactorMessage) => {
      if (message.kind === 'compacted') onCompacted?.(message.one);
      if (message.kind === 'done') resolve(message.report);
      if (message.kind === 'broken') reject(new Error(`compaction could not go on: ${message.message}`));
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`the compactor's thread ended with code ${code}`)));
  });
}
