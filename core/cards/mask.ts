import { type CardSpan, findCardNumbers } from './find.ts';
import { CARD_DIGITS_MIN } from './issuers.ts';
import { isWrittenOtherwise, plainText } from './plain.ts';

/** What stands in the place of a card number, before its last four digits and a closing bracket. Never longer than the number was. */
const MARK = '[card **';
const MARK_BYTES = Buffer.from(MARK);

/** A card number, or the mark of a masked one. */
export interface CardFound {
  /** Offset in bytes. */
  readonly at: number;
  /** The mark, such as `[card **1111]`. */
  readonly mark: string;
}

/** Bytes without card numbers. */
export interface Masked {
  readonly bytes: Buffer;
  readonly first: CardFound;
}

/**
 * Bytes with each card number replaced by a mark; undefined if there is neither number nor mark in them. Masked bytes mask to
 * themselves. Numbers are found as `findCardNumbers` says, in ASCII, in any script's digits, in JSON escapes and in UTF-16.
 */
export function maskBytes(bytes: Uint8Array): Masked | undefined {
  if (bytes.length < CARD_DIGITS_MIN) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const spans = spansOf(view);
  const marked = view.indexOf(MARK_BYTES);
  const [first] = spans;
  if (first === undefined) return marked < 0 ? undefined : { bytes: view, first: markAt(view, marked) };
  const parts: Buffer[] = [];
  let end = 0;
  for (const { from, to, lastFour } of spans) {
    parts.push(view.subarray(end, from), Buffer.from(markOf(lastFour)));
    end = to;
  }
  parts.push(view.subarray(end));
  return { bytes: Buffer.concat(parts), first: { at: first.from, mark: markOf(first.lastFour) } };
}

/** Text with each card number replaced by a mark. For messages whose content comes from elsewhere. */
export function maskText(text: string): string {
  return maskBytes(Buffer.from(text))?.bytes.toString() ?? text;
}

function spansOf(bytes: Buffer): readonly CardSpan[] {
  if (!isWrittenOtherwise(bytes)) return findCardNumbers(bytes);
  const { text, offsets } = plainText(bytes);
  return findCardNumbers(text).map(({ from, to, lastFour }) => ({
    // A character's bytes end where the next one begins.
    from: offsets[from] ?? 0,
    to: offsets[to] ?? bytes.length,
    lastFour,
  }));
}

const markOf = (lastFour: string): string => `${MARK}${lastFour}]`;

function markAt(bytes: Buffer, at: number): CardFound {
  return { at, mark: bytes.toString('latin1', at, at + markOf('0000').length) };
}
