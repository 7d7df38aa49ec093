import { isUtf8 } from 'node:buffer';
import type { Code } from '../events/codes.ts';
import { reject } from '../events/rejection.ts';
import type { Rejection } from '../model.ts';
import { hashStep, NameTable } from './names.ts';
import { beginsNumber, escapeLength, KIND, numberEnd, skipSpace, wordAt } from './tokens.ts';
import { firstBadUtf8 } from './utf8.ts';

/** Longest event, bytes: state items and lake rows are built for a few KB, real events have a few hundred bytes. */
export const EVENT_BYTES_MAX = 262_144;

/** Deepest nesting, the event itself counted: no honest event comes near, and the reader recurses. */
export const JSON_DEPTH_MAX = 32;

/** Most keys of one event, nested ones counted: bounds the work and memory of finding duplicates. */
export const JSON_KEYS_MAX = 512;

/** Keys that could reach into prototypes of careless readers further down, so no event with one passes. */
export const FORBIDDEN: readonly string[] = ['__proto__', 'constructor', 'prototype'];

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;
const NON_ASCII = 0x80;

/** Longest piece of a string that V8 copies; a longer one would keep the whole event in memory as long as an id of it lives. */
const COPIED_LENGTH_MAX = 12;

/** Bytes of the event that a message shows. */
const SHOWN_BYTES = 80;

/** Names of one object that are not marked in the scanner; made when the first one comes. */
interface Seen {
  names: Set<string> | undefined;
}

/**
 * Reads events: one pass over the bytes that checks all of the JSON and notes where the members with known names are. Nothing is
 * built but the texts asked for afterwards, so unknown members cost no memory, and numbers stay digits. A scanner knows the
 * members of the event it scanned last.
 */
export class JsonScanner {
  readonly #names: NameTable;
  readonly #kinds: Uint8Array;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  #bytes: Buffer = Buffer.alloc(0);
  /** The whole event as text, made on first use; stays empty unless every byte is ASCII. */
  #text = '';
  /** All bytes of strings, or-ed: tells whether any is not ASCII. */
  #high = 0;
  #keys = 0;
  #rejection: Rejection | undefined;
  /** Kind of the value read last; hash and escapes of the string read last. */
  #kind = 0;
  #hash = 0;
  #isEscaped = false;

  /** `names` are the members of interest; each is known afterwards by its place in the list. */
  constructor(names: readonly string[]) {
    this.#names = new NameTable([...names, ...FORBIDDEN]);
    this.#kinds = new Uint8Array(names.length);
    this.#starts = new Int32Array(names.length);
    this.#ends = new Int32Array(names.length);
  }

  /** Scans one event; the reason if it is not one UTF-8 JSON object within the limits. */
  scan(bytes: Uint8Array): Rejection | undefined {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#text = '';
    this.#high = 0;
    this.#keys = 0;
    this.#rejection = undefined;
    this.#kinds.fill(KIND.absent);
    if (bytes.length > EVENT_BYTES_MAX) {
      return reject('EVENT_TOO_LARGE', '', {
        what: 'bytes of the event',
        received: String(bytes.length),
        allowed: `up to ${EVENT_BYTES_MAX}`,
      });
    }
    this.#document();
    if (this.#rejection === undefined && this.#high < NON_ASCII) return undefined;
    // Broken UTF-8 goes first: it is the cause, and what the scan met after it may be the consequence.
    return this.#badUtf8() ?? this.#rejection;
  }

  /** Kind of a member. */
  kindOf(member: number): number {
    return this.#kinds[member] as number;
  }

  /** A string member without quotes and escapes; the source text of any other. */
  textOf(member: number): string {
    const start = this.#starts[member] as number;
    const end = this.#ends[member] as number;
    if (this.#kinds[member] === KIND.escaped) return this.#unescaped(start, end);
    if (this.#high >= NON_ASCII) return this.#bytes.toString('utf8', start, end);
    if (end - start > COPIED_LENGTH_MAX) return this.#bytes.toString('latin1', start, end);
    if (this.#text === '') this.#text = this.#bytes.toString('latin1');
    return this.#text.slice(start, end);
  }

  /** Byte offset at which a member's value begins; behind the quote for strings. */
  offsetOf(member: number): number {
    return this.#starts[member] as number;
  }

  #unescaped(start: number, end: number): string {
    return JSON.parse(this.#bytes.toString('utf8', start - 1, end + 1)) as string;
  }

  #badUtf8(): Rejection | undefined {
    const hasMark = this.#bytes[0] === 0xef && this.#bytes[1] === 0xbb && this.#bytes[2] === 0xbf;
    if (!hasMark && isUtf8(this.#bytes)) return undefined;
    const at = hasMark ? 0 : firstBadUtf8(this.#bytes);
    const received = this.#bytes.toString('hex', at, at + 4);
    const what = hasMark ? 'byte order mark at byte 0' : `bytes that are not UTF-8 at byte ${at}`;
    return reject('BAD_UTF8', '', { what, received, allowed: 'UTF-8 without byte order mark' });
  }

  /** Keeps the first fault; returns -1, which stands for an end everywhere below. */
  #fail(code: Code, at: number, what: string, allowed: string): number {
    const received = this.#bytes.toString('utf8', at, at + SHOWN_BYTES);
    this.#rejection ??= reject(code, '', { what: `${what} at byte ${at}`, received, allowed });
    return -1;
  }

  #document(): void {
    const start = skipSpace(this.#bytes, 0);
    const end = this.#value(start, 0);
    if (end < 0) return;
    const rest = skipSpace(this.#bytes, end);
    if (rest < this.#bytes.length) this.#fail('JSON_SYNTAX', rest, 'more bytes after the event', 'one JSON object a record');
    else if (this.#kind !== KIND.object) this.#fail('NOT_AN_OBJECT', start, 'another JSON value', 'a JSON object');
  }

  /** Reads the value at `at` inside `depth` brackets; its end. */
  #value(at: number, depth: number): number {
    const byte = this.#bytes[at];
    if (byte === QUOTE) {
      const end = this.#string(at + 1);
      this.#kind = this.#isEscaped ? KIND.escaped : KIND.string;
      return end;
    }
    if (beginsNumber(byte)) {
      this.#kind = KIND.number;
      const end = numberEnd(this.#bytes, at);
      return end < 0 ? this.#fail('JSON_SYNTAX', at, 'broken number', 'a JSON number such as -12.30') : end;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return this.#nested(at, depth);
    const known = wordAt(this.#bytes, at);
    if (known === undefined) return this.#fail('JSON_SYNTAX', at, 'no JSON value', 'an object, array, string, number, true, false or null');
    this.#kind = known.kind;
    return at + known.word.length;
  }

  #nested(at: number, depth: number): number {
    if (depth === JSON_DEPTH_MAX) return this.#fail('JSON_TOO_DEEP', at, 'a bracket too deep', `${JSON_DEPTH_MAX} levels`);
    const isObject = this.#bytes[at] === OPEN_BRACE;
    const end = isObject ? this.#object(at + 1, depth + 1) : this.#array(at + 1, depth + 1);
    this.#kind = isObject ? KIND.object : KIND.array;
    return end;
  }

  /** Reads a string from behind its quote; the index behind the closing quote. */
  #string(from: number): number {
    const bytes = this.#bytes;
    const length = bytes.length;
    let at = from;
    let hash = 0;
    let high = 0;
    let isEscaped = false;
    while (at < length) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        this.#hash = hash;
        this.#high |= high;
        this.#isEscaped = isEscaped;
        return at + 1;
      }
      if (byte < SPACE) return this.#fail('JSON_SYNTAX', at, 'control character in a string', 'its escape, such as \\n');
      high |= byte;
      hash = hashStep(hash, byte);
      at += 1;
      if (byte === BACKSLASH) {
        const escaped = escapeLength(bytes, at - 1);
        if (escaped < 0)
          return this.#fail('JSON_SYNTAX', at - 1, 'broken escape', '\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u and four hex digits');
        isEscaped = true;
        at += escaped - 1;
      }
    }
    return this.#fail('JSON_SYNTAX', from - 1, 'string without end', 'a closing quote');
  }

  #array(from: number, depth: number): number {
    let at = skipSpace(this.#bytes, from);
    if (this.#bytes[at] === CLOSE_BRACKET) return at + 1;
    for (;;) {
      at = this.#value(at, depth);
      if (at < 0) return -1;
      at = skipSpace(this.#bytes, at);
      const byte = this.#bytes[at];
      if (byte === CLOSE_BRACKET) return at + 1;
      if (byte !== COMMA) return this.#fail('JSON_SYNTAX', at, 'array goes on wrongly', 'a comma or ]');
      at = skipSpace(this.#bytes, at + 1);
    }
  }

  #object(from: number, depth: number): number {
    const seen: Seen = { names: undefined };
    let at = skipSpace(this.#bytes, from);
    if (this.#bytes[at] === CLOSE_BRACE) return at + 1;
    for (;;) {
      at = this.#member(at, depth, seen);
      if (at < 0) return -1;
      at = skipSpace(this.#bytes, at);
      const byte = this.#bytes[at];
      if (byte === CLOSE_BRACE) return at + 1;
      if (byte !== COMMA) return this.#fail('JSON_SYNTAX', at, 'object goes on wrongly', 'a comma or }');
      at = skipSpace(this.#bytes, at + 1);
    }
  }

  /** Reads one key and its value; the end of the value. */
  #member(from: number, depth: number, seen: Seen): number {
    if (this.#bytes[from] !== QUOTE) return this.#fail('JSON_SYNTAX', from, 'no key', 'a key in double quotes');
    const keyEnd = this.#string(from + 1);
    if (keyEnd < 0) return -1;
    const isEscaped = this.#isEscaped;
    const colon = skipSpace(this.#bytes, keyEnd);
    if (this.#bytes[colon] !== COLON) return this.#fail('JSON_SYNTAX', colon, 'no colon behind a key', 'a colon');
    this.#keys += 1;
    if (this.#keys > JSON_KEYS_MAX) return this.#fail('JSON_TOO_WIDE', from, 'a key too many', `${JSON_KEYS_MAX} keys`);
    const start = skipSpace(this.#bytes, colon + 1);
    const member = this.#nameAt(from + 1, keyEnd - 1, isEscaped);
    const isNewMember = depth === 1 && this.#kinds[member] === KIND.absent;
    const isKeyWell = isNewMember || this.#checkKey({ from: from + 1, to: keyEnd - 1, isEscaped, member, depth, seen });
    const end = isKeyWell ? this.#value(start, depth) : -1;
    if (depth > 1) return end;
    if (end < 0) return this.#blame(from + 1, keyEnd - 1, isEscaped);
    if (member >= 0) this.#note(member, start, end);
    return end;
  }

  /** Puts the fault down to the member of the event it lies in. */
  #blame(from: number, to: number, isEscaped: boolean): number {
    if (this.#rejection !== undefined)
      this.#rejection = { ...this.#rejection, path: this.#keyText(from, to, isEscaped).slice(0, SHOWN_BYTES).toWellFormed() };
    return -1;
  }

  #keyText(from: number, to: number, isEscaped: boolean): string {
    return isEscaped ? this.#unescaped(from, to) : this.#bytes.toString('utf8', from, to);
  }

  /** Place of the key in the names, forbidden ones behind the others; -1 for any other key. */
  #nameAt(from: number, to: number, isEscaped: boolean): number {
    if (!isEscaped) return this.#names.find(this.#bytes, from, to, this.#hash);
    const key = Buffer.from(this.#unescaped(from, to));
    return this.#names.find(key, 0, key.length, key.reduce(hashStep, 0));
  }

  /** Checks a key that is no new member of the event: forbidden, again, or new in its object. */
  #checkKey(key: { from: number; to: number; isEscaped: boolean; member: number; depth: number; seen: Seen }): boolean {
    if (key.member >= this.#kinds.length) {
      return this.#fail('FORBIDDEN_KEY', key.from, 'forbidden key', `keys other than ${FORBIDDEN.join(', ')}`) >= 0;
    }
    const isMember = key.depth === 1 && key.member >= 0;
    if (!isMember) {
      const name = this.#keyText(key.from, key.to, key.isEscaped);
      key.seen.names ??= new Set();
      if (!key.seen.names.has(name)) {
        key.seen.names.add(name);
        return true;
      }
    }
    return this.#fail('DUPLICATE_KEY', key.from, 'the same key again', 'each key once in an object') >= 0;
  }

  #note(member: number, start: number, end: number): void {
    const isString = this.#kind === KIND.string || this.#kind === KIND.escaped;
    this.#kinds[member] = this.#kind;
    this.#starts[member] = isString ? start + 1 : start;
    this.#ends[member] = isString ? end - 1 : end;
  }
}
