import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { usageError } from '../../core/errors.ts';

/** Makes new bytes of a quarantined event; undefined leaves the event where it is. Throws when it cannot. */
export type Fix = (id: string, data: Uint8Array) => Promise<Uint8Array | undefined>;

/** Sends the bytes again as they are: for a definition that has learnt to read them. */
export const AS_IT_IS: Fix = async (_id, data) => data;

const lineSchema = z.strictObject({ id: z.string(), event: z.union([z.string(), z.record(z.string(), z.json())]) });

/**
 * Reads replacements: one JSON object a line, `{"id": "SHARD:SEQUENCE:SUB", "event": {…}}`, where `event` may also be the exact text.
 * Throws UsageError that names the line.
 */
export async function readFixes(path: string): Promise<Map<string, Uint8Array>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw usageError('--fixes', path, `a file that can be read (${error.code ?? error.message})`);
  });
  const fixes = new Map<string, Uint8Array>();
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const parsed = lineSchema.safeParse(jsonOf(line));
    if (!parsed.success) throw usageError(`line ${i + 1} of ${path}`, line, '{"id": "SHARD:SEQUENCE:SUB", "event": {…} or "text"}');
    const { id, event } = parsed.data;
    if (fixes.has(id)) throw usageError(`line ${i + 1} of ${path}`, id, 'each id once');
    fixes.set(id, Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)));
  }
  return fixes;
}

/** Passes each event through a shell command: its bytes on standard input, new ones on standard output; no output leaves it out. */
export function throughCommand(command: string): Fix {
  return async (id, data) => {
    const output = await runCommand(command, id, data);
    // Tools end their output with a line break that is no part of the event.
    const end = output.at(-1) === NEWLINE ? output.length - 1 : output.length;
    return end === 0 ? undefined : output.subarray(0, end);
  };
}

const NEWLINE = 10;

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function runCommand(command: string, id: string, data: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, HEADRACE_EVENT: id } });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    // A command that does not read its input closes it early, which is its own affair.
    child.stdin.on('error', () => {});
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(Buffer.concat(parts)) : reject(new Error(`the command ended with code ${code}`))));
    child.stdin.end(data);
  });
}
