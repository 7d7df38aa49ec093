import type { Position } from '../model.ts';

/** Digits of the longest Kinesis sequence number. */
export const SEQUENCE_DIGITS = 56;

/** Highest sub-sequence a position can hold (six digits). */
export const SUB_SEQUENCE_MAX = 999_999;

const DIGITS = /^[0-9]{1,56}$/;

/** Digits at the end of a sequence number that are looked at each time; those before are mostly the ones of the record before. */
const LOW_DIGITS = 16;
let highDigits = '';

function isSequence(text: string): boolean {
  const low = text.length - LOW_DIGITS;
  if (low <= 0 || text.slice(0, low) !== highDigits) {
    if (!DIGITS.test(text)) return false;
    highDigits = text.slice(0, Math.max(0, low));
    return true;
  }
  for (let at = low; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

/** What all positions of one stream record begin with: the padded sequence number. Throws on anything but 1..56 digits. */
export function positionPrefix(sequence: string): string {
  if (!isSequence(sequence))
    throw new Error(`sequence number: got ${JSON.stringify(sequence.slice(0, 80))}; allowed: 1..56 decimal digits`);
  return sequence.length === SEQUENCE_DIGITS ? sequence : sequence.padStart(SEQUENCE_DIGITS, '0');
}

function endingOf(subSequence: number): string {
  return `.${String(SUB_SEQUENCE_MAX + 1 + subSequence).slice(1)}`;
}

/** A dot and six digits, for the sub-sequences that most records have. */
const ENDINGS = Array.from({ length: 1_000 }, (_, subSequence) => endingOf(subSequence));

/** Position of a user record (0..999,999) behind a prefix from `positionPrefix`. */
export function positionAt(prefix: string, subSequence: number): Position {
  if (!(subSequence >= 0 && subSequence <= SUB_SEQUENCE_MAX))
    throw new Error(`sub-sequence: got ${subSequence}; allowed: 0..${SUB_SEQUENCE_MAX}`);
  return prefix + (ENDINGS[subSequence] ?? endingOf(subSequence));
}

/** Position of a user record in its shard. Throws on a sequence number that is not 1..56 digits or a sub-sequence out of range. */
export function positionOf(sequence: string, subSequence: number): Position {
  return positionAt(positionPrefix(sequence), subSequence);
}

/** Sequence number of a position, without padding. */
export function sequenceOf(position: Position): string {
  let start = 0;
  while (start < SEQUENCE_DIGITS - 1 && position.charCodeAt(start) === 0x30) start += 1;
  return position.slice(start, SEQUENCE_DIGITS);
}

/** Sub-sequence of a position, 0..999,999. */
export function subSequenceOf(position: Position): number {
  return Number(position.slice(SEQUENCE_DIGITS + 1));
}
