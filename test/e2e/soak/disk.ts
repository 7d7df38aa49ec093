import { execFileSync } from 'node:child_process';
import { mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pipeline } from '../../../core/definition/pipeline.ts';
import type { Random } from '../../../core/random.ts';
import { headrace } from '../kill.ts';
import { type Differences, differencesOfRows, differencesWhenSettled, plus } from './compare.ts';
import { Instance } from './instance.ts';
import { Producer } from './producer.ts';
import { Truth } from './truth.ts';

/** Where the small disk is mounted, and what is put on it. */
export interface DiskOptions {
  readonly folder: string;
  readonly port: number;
  readonly pipeline: Pipeline;
  readonly random: Random;
}

/** What a full disk left; `leftOut` says why there was none. */
export type DiskReport =
  | { readonly leftOut: string }
  | (Differences & { readonly isSaid: boolean; readonly isBalanced: boolean; readonly eventsSent: number });

const SIZES_MB = [24, 96, 512] as const;
/** Less room than this is none: no segment or page fits. */
const FULL_BYTES = 256 * 1024;
const FILL_MS_MAX = 60_000;
const LOOK_MS = 100;
/** How long the instance is left on the full disk. */
const FULL_MS = 3_000;

/**
 * Lets `headrace up` fill a small disk twice: the first time room is made while it runs, the second time it is killed and started
 * again with more room. A tmpfs is the disk, which only root may mount.
 */
export async function fillDisk({ folder, port, pipeline, random }: DiskOptions): Promise<DiskReport> {
  const failure = mount(folder, SIZES_MB[0]);
  if (failure !== undefined) return { leftOut: failure };
  const dataDir = join(folder, 'data');
  const truth = new Truth();
  const producer = new Producer(`http://127.0.0.1:${port}`, truth, random);
  let running = new Instance(dataDir, port);
  try {
    await running.ready;
    const compared = { dataDir, pipeline, truth };
    producer.start();
    await untilFull(folder);
    resize(folder, SIZES_MB[1]);
    await producer.pause();
    const grown = await differencesWhenSettled(compared);
    producer.start();
    await untilFull(folder);
    const { stderr } = await running.end('SIGKILL');
    resize(folder, SIZES_MB[2]);
    running = new Instance(dataDir, port);
    await running.ready;
    await producer.pause();
    await differencesWhenSettled(compared);
    const { code } = await running.end('SIGINT');
    const rows = await differencesOfRows(compared);
    const ledger = await headrace(['ledger', '--data', dataDir, '--json']);
    const isSaid = stderr.includes('ENOSPC');
    return { ...plus(grown, rows), isSaid, isBalanced: code === 0 && ledger.code === 0, eventsSent: truth.sent };
  } finally {
    await producer.giveUp();
    producer.close();
    await running.end('SIGKILL');
    execFileSync('umount', [folder]);
  }
}

function mount(folder: string, sizeMb: number): string | undefined {
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'tmpfs', folder], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `a small disk could not be mounted here: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
  }
}

function resize(folder: string, sizeMb: number): void {
  execFileSync('mount', ['-o', `remount,size=${sizeMb}m`, folder]);
}

async function untilFull(folder: string): Promise<void> {
  const end = Date.now() + FILL_MS_MAX;
  for (;;) {
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < FULL_BYTES) break;
    if (Date.now() > end) throw new Error(`the disk was not full after ${FILL_MS_MAX / 1_000} s`);
    await sleep(LOOK_MS);
  }
  await sleep(FULL_MS);
}
