import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** How an instance ended. */
export interface InstanceEnd {
  /** Exit code; null if a signal ended it. */
  readonly code: number | null;
  readonly stderr: string;
}

/** One process of `headrace up`. */
export class Instance {
  /** Resolves when the first line is printed, which says that the endpoint answers; rejects if the process ends before. */
  readonly ready: Promise<void>;
  readonly ended: Promise<InstanceEnd>;
  private readonly child: ChildProcess;
  private stderr = '';

  constructor(dataDir: string, port: number) {
    const args = ['cli/headrace.mjs', 'up', '--data', dataDir, '--port', String(port), '--flush-seconds', '1', '--json'];
    this.child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    this.ended = once(this.child, 'close').then(([code]) => ({ code: code as number | null, stderr: this.stderr }));
    const first = once(this.child.stdout ?? this.child, 'data').then(() => undefined);
    this.ready = Promise.race([
      first,
      this.ended.then(({ code, stderr }) => Promise.reject(new Error(`headrace up ended with ${code}: ${stderr}`))),
    ]);
    // A start that is killed on purpose is waited for by nobody.
    this.ready.catch(() => {});
  }

  /** Largest resident memory so far, MB; 0 where the system does not tell. */
  rssMb(): number {
    try {
      const [, kb] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8')) ?? [];
      return Math.round(Number(kb ?? 0) / 1024);
    } catch {
      return 0;
    }
  }

  /** Ends the process by a signal; SIGKILL leaves it no time for a last word. */
  async end(signal: 'SIGKILL' | 'SIGINT'): Promise<InstanceEnd> {
    this.child.kill(signal);
    return this.ended;
  }
}
