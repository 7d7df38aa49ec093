import { vi } from 'vitest';
import { main } from '../../cli/main.ts';

/** What a command line wrote and how it ended. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process and takes down what it writes. */
export async function headrace(...args: readonly string[]): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((part) => out.push(textOf(part)) > 0),
    vi.spyOn(process.stderr, 'write').mockImplementation((part) => err.push(textOf(part)) > 0),
  ];
  try {
    return { code: await main(args), out: out.join(''), err: err.join('') };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

function textOf(part: string | Uint8Array): string {
  return typeof part === 'string' ? part : Buffer.from(part).toString('latin1');
}
