/** Error codes of an output that nobody reads any more: the reader of the pipe ended, or the terminal went away. */
const GONE = ['EPIPE', 'EIO'];

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

/** One line of a report: a label and a number with thousands set apart. */
export function countText(value: number): string {
  return value.toLocaleString('en-US');
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
