import { open, realpath, rename, rm, stat } from 'node:fs/promises';
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

/** The first error of standard output or error that is not about a reader who left. */
let failure: Error | undefined;

/** Lets `headrace … | head` end quietly instead of with a stack, and keeps other errors for `flushOutput`. */
export function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!GONE.includes(error.code ?? '')) failure ??= error;
    });
  }
}

/** Resolves when everything written so far has left the process, or nobody reads it any more: whether none of it was lost on a full disk. */
export async function flushOutput(): Promise<boolean> {
  for (const stream of [process.stdout, process.stderr]) await new Promise<void>((resolve) => stream.write('', () => resolve()));
  if (failure !== undefined) writeErr(`headrace: the output could not be written and is not whole: ${failure.message}\n`);
  return failure === undefined;
}

/** Writes parts to standard output as fast as they are read; ends early when nobody reads them any more, or they cannot be written. */
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

/**
 * Writes parts to a file that is there only once it is whole; an older one stays if a part fails. What is no plain file, such as a named
 * pipe, is written as it is. Throws UsageError naming the flag when it cannot be opened, an Error that names the file when it cannot be written.
 */
export async function writeFileWhole(path: string, parts: Parts, { flag }: { readonly flag: string }): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const isPlain = await stat(target).then(
    (found) => found.isFile(),
    () => true,
  );
  const scratch = isPlain ? `${target}.${process.pid}.new` : target;
  const file = await open(scratch, 'w').catch((error: NodeJS.ErrnoException) => {
    throw usageError(flag, path, `a file that can be written (${error.code ?? error.message})`);
  });
  try {
    for await (const part of parts) await written(path, file.writeFile(part));
    if (isPlain) await written(path, file.sync());
    await file.close();
    if (isPlain) await written(path, rename(scratch, target));
  } catch (error) {
    await file.close();
    if (isPlain) await rm(scratch, { force: true });
    // Whoever read a named pipe has had enough, as of standard output.
    if (!isPlain && isGone(error)) return;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && GONE.includes((error.cause as NodeJS.ErrnoException | undefined)?.code ?? '');
}

async function written(path: string, work: Promise<void>): Promise<void> {
  await work.catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${path} could not be written, what was there before stays: ${error.message}`, { cause: error });
  });
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
