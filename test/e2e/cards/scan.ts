import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { bufferOf } from '../../lake/witness.ts';
import { CARDS } from './places.ts';

/** A card number that was found where none may be. */
export interface Leak {
  readonly where: string;
  readonly card: string;
}

const WANTED = new RegExp(CARDS.join('|'), 'g');

/** Long enough for every card number with whatever stands between its digits. */
const OVERLAP = 200;
const PART = 4_000_000;

/**
 * Card numbers of the seed in a text. Shares nothing with what masks them: escapes are undone, characters brought to their
 * compatible form, and all that is no letter or digit left out, so that no way of writing a number hides it.
 */
export function leaksIn(where: string, text: string): Leak[] {
  const leaks: Leak[] = [];
  for (let at = 0; at < text.length; at += PART) {
    const part = text.slice(at, at + PART + OVERLAP);
    const plain = part
      .replaceAll(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      .normalize('NFKC')
      .replaceAll(/\p{Nd}/gu, asciiDigit)
      .replaceAll(/[^\p{L}\p{N}]/gu, '');
    for (const [card] of plain.matchAll(WANTED)) leaks.push({ where, card });
  }
  return leaks;
}

function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  return code >= 0x660 && code <= 0x669 ? String(code - 0x660) : digit;
}

/** Card numbers in every file below a folder but in `leftOut`: Parquet by value, with kept bytes as they were, all else as text, Base64 decoded. */
export async function leaksBelow(
  folder: string,
  leftOut: readonly string[],
): Promise<{ readonly files: number; readonly rows: number; readonly leaks: Leak[] }> {
  const leaks: Leak[] = [];
  let [files, rows] = [0, 0];
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    if (!statSync(path).isFile() || leftOut.some((left) => path.startsWith(join(left, '/')))) continue;
    files += 1;
    if (name.endsWith('.parquet')) {
      const found = await leaksInParquet(path);
      rows += found.rows;
      leaks.push(...found.leaks);
    } else leaks.push(...leaksInFile(path));
  }
  return { files, rows, leaks };
}

/** Bytes as text: Base64 in a file is looked at both as it is and decoded. */
function leaksInFile(path: string): Leak[] {
  const bytes = readFileSync(path);
  const leaks: Leak[] = [];
  // In parts: a file of state can be longer than the longest string.
  for (let at = 0; at < bytes.length; at += PART) {
    const part = bytes.subarray(at, at + PART + OVERLAP);
    const text = part.toString('utf8');
    leaks.push(...leaksIn(path, text), ...leaksIn(path, part.toString('utf16le')));
    for (const [encoded] of text.matchAll(/[A-Za-z0-9+/]{16,}={0,2}/g))
      leaks.push(...leaksIn(path, Buffer.from(encoded, 'base64').toString('utf8')));
  }
  return leaks;
}

async function leaksInParquet(path: string): Promise<{ readonly rows: number; readonly leaks: Leak[] }> {
  const objects = await parquetReadObjects({ file: bufferOf(readFileSync(path)), utf8: false });
  const leaks = objects.flatMap((object) =>
    Object.entries(object).flatMap(([column, value]) => {
      const where = `${path} ${column}`;
      if (!(value instanceof Uint8Array)) return typeof value === 'string' || Array.isArray(value) ? leaksIn(where, String(value)) : [];
      const bytes = Buffer.from(value);
      return [...leaksIn(where, bytes.toString('utf8')), ...leaksIn(where, bytes.toString('utf16le'))];
    }),
  );
  return { rows: objects.length, leaks };
}
