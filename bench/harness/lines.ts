import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { paymentsOf, wireText } from '../cards/events.ts';
import type { Work } from './measure.ts';

const CHUNK = 4_096;

/** Writes a file of generated payments, one a line. */
export function writePayments(file: string, count: number, seed: number): void {
  const descriptor = openSync(file, 'w');
  let chunk: string[] = [];
  let left = count;
  for (const payment of paymentsOf(seed)) {
    if (left === 0) break;
    left -= 1;
    chunk.push(wireText(payment), '\n');
    if (chunk.length < CHUNK && left > 0) continue;
    writeSync(descriptor, chunk.join(''));
    chunk = [];
  }
  closeSync(descriptor);
}

/** The lines of a run, the warm-up first. Throws if the file has too few. */
export function linesOf({ file, events, warmUp }: Pick<Work, 'file' | 'events' | 'warmUp'>): Buffer[] {
  const bytes = readFileSync(file);
  const lines: Buffer[] = [];
  for (let at = 0; lines.length < events + warmUp; ) {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) throw new Error(`${file} has ${lines.length} lines; ${events + warmUp} are needed`);
    lines.push(bytes.subarray(at, end));
    at = end + 1;
  }
  return lines;
}
