import type { Row } from '../../core/ports.ts';

/** Rows as NDJSON bytes, each line ended, in well-formed Unicode: half a surrogate pair becomes U+FFFD, for no reader takes it. */
export function encodeRows(rows: readonly Row[]): Buffer {
  let text = '';
  for (const row of rows) text += `${JSON.stringify(row)}\n`;
  // JSON.stringify escapes half surrogate pairs and nothing else as \ud..., so the whole check is one search.
  if (text.includes('\\ud')) text = rows.map((row) => `${JSON.stringify(row, wellFormed)}\n`).join('');
  return Buffer.from(text, 'utf8');
}

function wellFormed(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}
