import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockHolder } from './lock.ts';

/** Where a running pipeline can be reached, kept in its data folder while it runs. */
export interface LiveAddress {
  readonly pid: number;
  /** Kinesis endpoint. */
  readonly endpoint: string;
  readonly stream: string;
  /** Status server. */
  readonly status: string;
}

const NAME = 'live.json';

/** Address of the pipeline that holds a folder now; undefined if none does, or it has not said yet. */
export function readLive(dataDir: string): LiveAddress | undefined {
  const holder = lockHolder(dataDir);
  if (holder === undefined) return undefined;
  try {
    const address = JSON.parse(readFileSync(join(dataDir, NAME), 'utf8')) as LiveAddress;
    // One that was killed has left its own.
    return address.pid === holder ? address : undefined;
  } catch {
    return undefined;
  }
}

/** Says where this process can be reached. */
export function writeLive(dataDir: string, address: Omit<LiveAddress, 'pid'>): void {
  const path = join(dataDir, NAME);
  writeFileSync(`${path}.new`, `${JSON.stringify({ pid: process.pid, ...address })}\n`);
  renameSync(`${path}.new`, path);
}

/** Takes the address back. */
export function removeLive(dataDir: string): void {
  rmSync(join(dataDir, NAME), { force: true });
}
