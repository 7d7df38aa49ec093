import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { usageError } from '../../core/errors.ts';
import { compilePlan } from '../../core/plan.ts';
import {
  type ForgetOutcome,
  type ForgetPlan,
  type ForgetPorts,
  type ForgetRequest,
  forget,
  planForget,
} from '../../functions/forget/forget.ts';
import { SortEngine } from '../../lake/compaction/engine.ts';
import { GenerationWriter } from '../../lake/compaction/writer.ts';
import { subjectOf } from '../../lake/erasure/subject.ts';
import { SCRATCH_FOLDER } from '../../lake/object-key.ts';
import { tablesOf } from '../../lake/tables.ts';
import { ALERTS_FILE } from '../alerts/deliverer.ts';
import { BufferedDelivery } from '../delivery/buffer.ts';
import { FolderObjectStore } from '../objects/folder.ts';
import type { LoadedPipeline } from '../pipeline.ts';
import { type DataFolder, dataFolder, type FolderMeta } from '../runtime/folder.ts';
import { lockCompaction, lockFolder, lockHolder } from '../runtime/lock.ts';
import { JournaledStateStore } from '../state/journaled.ts';
import { RETENTION_HOURS } from '../stream/client.ts';
import { erasureSecret } from './secret.ts';

export type { ForgetOutcome, ForgetPlan };

/** Who is to be forgotten in a data folder. */
export interface ForgetInFolder {
  readonly dataDir: string;
  readonly meta: FolderMeta;
  readonly loaded: LoadedPipeline;
  readonly field: string;
  readonly value: string;
  readonly by: string;
  readonly clock: () => number;
}

const HOUR_MS = 3_600_000;

/** Masks a key in everything of a data folder at rest. Throws UsageError while another process has the folder, or its stream is not drained. */
export async function forgetInFolder(options: ForgetInFolder): Promise<ForgetOutcome> {
  return inFolder(options, forget);
}

/** What `forgetInFolder` would touch. */
export async function planForgetInFolder(options: ForgetInFolder): Promise<ForgetPlan> {
  return inFolder(options, planForget);
}

async function inFolder<T>(options: ForgetInFolder, use: (ports: ForgetPorts, request: ForgetRequest) => Promise<T>): Promise<T> {
  const { dataDir, meta, loaded, field, value, by, clock } = options;
  const folder = dataFolder(dataDir);
  const { pipeline } = loaded;
  const subject = subjectOf(pipeline, field, value, erasureSecret(folder.root));
  assertDrained(folder, meta);
  const closers: (() => void)[] = [];
  try {
    for (const claim of [() => lockFolder(dataDir), () => lockCompaction(folder.lake)]) {
      const lock = claim();
      closers.push(() => lock.release());
    }
    await landWaiting(folder, loaded);
    const store = new JournaledStateStore(folder.state, clock);
    closers.push(() => store.close());
    const objects = new FolderObjectStore(folder.lake);
    const writer = new GenerationWriter({ scratch: objects.scratch('erasure-writer') });
    const engine = new SortEngine({ scratch: objects.scratch('erasure-engine'), memoryMb: 256, threads: 1 });
    closers.push(
      () => writer.close(),
      () => engine.rest(),
    );
    const settle = async (): Promise<void> => {
      engine.rest();
      store.scrub();
      clearScratch(folder);
    };
    const ports = { objects, files: objects, writer, engine, store, work: new FolderObjectStore(folder.backfill), clock, settle };
    const streamEnd = new Date(clock() + RETENTION_HOURS * HOUR_MS).toISOString();
    const told = join(folder.root, ALERTS_FILE);
    const remains = [
      `the stream keeps what was put until its retention ends, ${streamEnd} at the latest; the files in ${folder.stream} as long as the folder is there`,
      ...(existsSync(told) ? [`${told} keeps what was told of alerts until somebody removes it`] : []),
      'input files, backups and copies of the data folder are not part of it',
    ];
    const request = { plan: compilePlan(pipeline), subject, rules: loaded.rules.rules, streamEpoch: meta.streamEpoch, by, remains };
    return await use(ports, request);
  } finally {
    for (const close of closers.reverse()) close();
  }
}

/** Records that nobody has processed yet would bring the key back. */
function assertDrained(folder: DataFolder, { run }: FolderMeta): void {
  const isKilled = existsSync(join(folder.root, 'lock')) && lockHolder(folder.root) === undefined;
  if (isKilled)
    throw usageError(
      `data folder ${folder.root}`,
      'one whose process was killed',
      'a stream that was drained: start headrace up on it and stop it with Ctrl-C, or finish its headrace run, and then this again',
    );
  if (run?.isDone === false)
    throw usageError(
      `data folder ${folder.root}`,
      `a run of ${run.input} that has not ended`,
      'one at rest: finish it with the same headrace run',
    );
}

/** Rows that were delivered and not landed lie in files that erasure does not look into. */
async function landWaiting(folder: DataFolder, { pipeline }: LoadedPipeline): Promise<void> {
  const objects = new FolderObjectStore(folder.lake);
  const delivery = await BufferedDelivery.open({ folder: folder.delivery, objects, tables: tablesOf(pipeline) });
  try {
    await delivery.flush();
  } finally {
    await delivery.close();
  }
}

/** Removes what earlier processes left of files on their way; the lock of this one stays. */
function clearScratch({ root, lake, backfill }: DataFolder): void {
  rmSync(join(root, 'spill'), { recursive: true, force: true });
  for (const scratch of [lake, backfill].map((folder) => join(folder, SCRATCH_FOLDER))) {
    const names = existsSync(scratch) ? readdirSync(scratch) : [];
    for (const name of names) if (name !== 'compaction') rmSync(join(scratch, name), { recursive: true, force: true });
  }
}
