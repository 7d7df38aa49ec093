import { spawn } from 'node:child_process';

/** Reads until this process is gone, then ends the other and removes the folder. */
const WATCH = 'while read -r _; do :; done; kill -9 "$1" 2> /dev/null; sleep 1; rm -rf "$2"';

/** Sees to it that a process ends and a folder goes even if this process is killed, where no handler of its own runs. Call what it returns once both are gone. */
export function guard(pid: number, folder: string): () => void {
  // Detached, so that what ends our process group spares it.
  const watcher = spawn('sh', ['-c', WATCH, 'sh', String(pid), folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  watcher.unref();
  return () => {
    watcher.kill('SIGKILL');
  };
}
