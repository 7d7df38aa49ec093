import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { ItemKey, StateItem, StateWrite } from '../../core/ports.ts';
import { ItemTooLargeError } from './errors.ts';

/** Attributes of an item as the client takes them. */
export type Attributes = Record<string, AttributeValue>;

/** Largest item DynamoDB stores, names and values together: 400 KB. */
const ITEM_BYTES_MAX = 409_600;
/** Longest partition key and sort key, UTF-8 bytes. */
const PK_BYTES_MAX = 2_048;
const SK_BYTES_MAX = 1_024;
/** A body up to here is stored as it is: with its keys it fills one write unit, which a smaller one costs too. */
const PLAIN_BYTES_MAX = 800;
/** Names of all attributes, the version and both expiry numbers: never more than this. */
const FIXED_BYTES = 90;

/** Marks an escape. JSON has no such character as it is, and keys have no reason to. */
const ESCAPE = '\u001b';
const ESCAPED = new RegExp(`[\\p{Surrogate}${ESCAPE}]`, 'gu');
const ESCAPES = new RegExp(`${ESCAPE}(?:([0-9a-f]{4})|$)`, 'g');

/**
 * Text as DynamoDB can hold it: valid UTF-8, and not empty in keys. Halves of surrogate pairs and the escape character itself become
 * an escape with four hex digits, empty text a lone escape; all other text stays as it is.
 */
export function storableText(text: string): string {
  if (text === '') return ESCAPE;
  if (text.isWellFormed() && !text.includes(ESCAPE)) return text;
  return text.replace(ESCAPED, (found) => ESCAPE + found.charCodeAt(0).toString(16).padStart(4, '0'));
}

/** What `storableText` was given. */
export function plainText(stored: string): string {
  if (!stored.includes(ESCAPE)) return stored;
  return stored.replace(ESCAPES, (_, hex: string | undefined) => (hex === undefined ? '' : String.fromCharCode(Number.parseInt(hex, 16))));
}

/** Primary key of an item. */
export function keyAttributes({ pk, sk }: ItemKey): Attributes {
  return { pk: { S: storableText(pk) }, sk: { S: storableText(sk) } };
}

/** One text for each key: equal exactly for equal keys. */
export function keyText({ pk, sk }: ItemKey): string {
  return `${pk.length}:${pk}${sk}`;
}

/** An item as it is sent, and its size as DynamoDB counts it, a few bytes more at most. */
export interface WrittenItem {
  readonly attributes: Attributes;
  readonly bytes: number;
}

/**
 * The item that a write makes. `expires_at` is for the table's TTL: epoch seconds, rounded up, so that nothing goes early;
 * `expires_ms` is what reads go by. A body of more than one write unit is compressed where that makes it smaller. Throws ItemTooLargeError.
 */
export function writtenItem(write: StateWrite): WrittenItem {
  const { attribute: body, bytes: bodyBytes } = packedText(storableText(write.body));
  const key = keyAttributes(write);
  const pkBytes = Buffer.byteLength(key['pk']?.S ?? '');
  const skBytes = Buffer.byteLength(key['sk']?.S ?? '');
  const bytes = pkBytes + skBytes + bodyBytes + FIXED_BYTES;
  if (pkBytes > PK_BYTES_MAX) throw tooLarge(write, 'its partition key', pkBytes, PK_BYTES_MAX);
  if (skBytes > SK_BYTES_MAX) throw tooLarge(write, 'its sort key', skBytes, SK_BYTES_MAX);
  if (bytes > ITEM_BYTES_MAX) throw tooLarge(write, 'the item', bytes, ITEM_BYTES_MAX);
  const expiry: Attributes =
    write.expiresAtMs === undefined
      ? {}
      : { expires_at: { N: String(Math.ceil(write.expiresAtMs / 1000)) }, expires_ms: { N: String(write.expiresAtMs) } };
  return { attributes: { ...key, version: { N: String(write.expectedVersion + 1) }, body, ...expiry }, bytes };
}

/** Text as it is, or its Zstandard form as binary: 4.5 times smaller for windows, 3.8 times for profiles, in 30 to 80 µs. */
function packedText(text: string): { readonly attribute: AttributeValue; readonly bytes: number } {
  const plainBytes = Buffer.byteLength(text);
  if (plainBytes > PLAIN_BYTES_MAX) {
    const packed = zstdCompressSync(text);
    if (packed.byteLength < plainBytes) return { attribute: { B: packed }, bytes: packed.byteLength };
  }
  return { attribute: { S: text }, bytes: plainBytes };
}

/** The body of a stored item, from its attribute. */
export function storedBody(attribute: AttributeValue | undefined): string {
  const packed = attribute?.B;
  return plainText(packed === undefined ? (attribute?.S ?? '') : zstdDecompressSync(packed).toString('utf8'));
}

/** The state item in what the table returned; undefined for nothing, and for an item past its expiry at `nowMs`. */
export function liveItem(attributes: Attributes | undefined, nowMs: number): StateItem | undefined {
  if (attributes === undefined) return undefined;
  const { pk, sk, version, body, expires_ms: expires } = attributes;
  if (expires?.N !== undefined && Number(expires.N) < nowMs) return undefined;
  return { pk: plainText(pk?.S ?? ''), sk: plainText(sk?.S ?? ''), version: Number(version?.N ?? 0), body: storedBody(body) };
}

function tooLarge({ pk, sk }: ItemKey, what: string, bytes: number, bytesMax: number): ItemTooLargeError {
  const key = JSON.stringify([pk.slice(0, 100), sk.slice(0, 100)]);
  return new ItemTooLargeError(
    `state item ${key}: ${what} has ${bytes} bytes; allowed: at most ${bytesMax}. Lower what one key or group may hold.`,
  );
}
