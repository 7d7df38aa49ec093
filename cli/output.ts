import { open, rename, rm } from 'node:fs/promises';
import { usageError } from '../core/errors.ts';

/** Error codes of an output that nobody reads any more: the reader of the pipe ended, or the terminal went away. */
const GONE = ['EPIPE', 'EIO'];

type Parts = AsyncIterable<string | Uint8Array>;

/** Writes to standard output. */
export function writeOut(text: string | Uint8Array): void {
  process.stdout.write(text);
}

/** Writes to standard error. */
export function writeErr(text: string): void {
  process.stderr.write(text);
}

/** Lets `headrace … | head` end quietly instead of with a stack. */
export function ignoreClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!GONE.includes(error.code ?? '')) throw error;
    });
  }
}

/** Resolves when everything written so far has left the process, or nobody reads it any more. */
export async function flushOutput(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) await new Promise<void>((resolve) => stream.write('', () => resolve()));
}

/** Writes parts to standard output as fast as they are read; ends early when nobody reads them any more. */
export async function writeParts(parts: Parts): Promise<void> {
  const out = process.stdout;
  for await (const part of parts) {
    if (out.destroyed || out.errored !== null) return;
    if (!out.write(part)) await drained(out);
  }
}

function drained(out: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'close', 'error']) out.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) out.on(event, done);
  });
}

/** Writes parts to a file that is there only once it is whole; an older one stays if a part fails. Throws UsageError when it cannot be written. */
export async function writeFileWhole(path: string, parts: Parts): Promise<void> {
  const scratch = `${path}.new`;
  const file = await open(scratch, 'w').catch((error: NodeJS.ErrnoException) => {
    throw usageError('--output', path, `a file that can be written (${error.code ?? error.message})`);
  });
  try {
    for await (const part of parts) await file.writeFile(part);
    await file.close();
    await rename(scratch, path);
  } catch (error) {
    await file.close();
    await rm(scratch, { force: true });
    throw error;
  }
}

/** A number with thousands set apart. */
export function countText(value: number): string {
  return value.toLocaleString('en-US');
}

/** A number of things in words: `1 alert`, `2,000 alerts`. */
export function thingsText(value: number, thing: string): string {
  return `${countText(value)} ${thing}${value === 1 ? '' : 's'}`;
}

/** Rows as lines of equal columns, the first row as head; numbers to the right. */
export function columnsText(rows: readonly (readonly (string | number)[])[]): string {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? countText(cell) : cell)));
  const widths = (texts[0] ?? []).map((_, i) => Math.max(...texts.map((row) => row[i]?.length ?? 0)));
  const isRight = (texts[0] ?? []).map((_, i) => rows.slice(1).some((row) => typeof row[i] === 'number'));
  const lines = texts.map((row) =>
    row.map((cell, i) => (isRight[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join('  '),
  );
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}
