import { type ChildProcess, spawn } from 'node:child_process';

/** How a process ended and what it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Starts a script with this Node; `flags` are those of Node itself. */
export function launch(script: string, args: readonly string[], flags: readonly string[] = []): ChildProcess {
  return spawn(process.execPath, [...flags, script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Resolves when the process has ended. */
export function ended(child: ChildProcess): Promise<Ended> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (part: Buffer) => {
    out += part.toString();
  });
  child.stderr?.on('data', (part: Buffer) => {
    err += part.toString();
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

/** Resolves with everything written up to the first line that holds the word. */
export function said(child: ChildProcess, word: string): Promise<string> {
  let text = '';
  return new Promise((resolve) =>
    child.stdout?.on('data', (part: Buffer) => {
      text += part.toString();
      if (text.includes(word) && text.endsWith('\n')) resolve(text);
    }),
  );
}
