import { readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder below `root`, the temporary one, for the files of this process alone; what processes of that name that are gone have left goes. Functions
 * may run beside each other where they share a machine.
 */
export function processFolder(name: string, root = tmpdir()): string {
  const own = `headrace-${name}-${process.pid}`;
  for (const other of readdirSync(root)) {
    const [, pid] = /^headrace-([a-z-]+)-\d+$/.exec(other)?.[1] === name ? (/-(\d+)$/.exec(other) ?? []) : [];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(root, other), { recursive: true, force: true });
  }
  return join(root, own);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
