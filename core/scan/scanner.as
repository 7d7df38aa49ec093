// Reads events whose every byte is as plain as most events are, 16 bytes at a time. AssemblyScript, built into wasm.ts by `npm run
// build:scanner`; layout.ts has the same layout of memory. What it does not take is for the parser in TypeScript to judge, and what it
// takes that parser reads the same.

// Memory, in bytes from its beginning. Behind the stamps lie the readers.
const TEXTS: usize = 0x20000; // remembered texts, 16 bytes each
const SLOT_BITS: i32 = 13;
const STAMPS: usize = TEXTS + (16 << SLOT_BITS); // for each of them the last event that had it, 4 bytes
const INPUT: usize = 0x10000; // an event

// A reader: a head of 128 bytes, its members, links from each member (and from the beginning) to the next, and answers.
const MEMBERS: usize = 0; // room for members
const NAMES: usize = 4; // members with a name
const TYPE_LENGTH: usize = 8;
const OTHER_FROM: usize = 12; // the text of a type or a key that is not the reader's
const OTHER_TO: usize = 16;
const TYPE_NAME: usize = 64;
const HEAD_BYTES: usize = 128;
// A member.
const KIND: usize = 0;
const LENGTH_MAX: usize = 4;
const NAME_LENGTH: usize = 8;
const TRUST: usize = 12; // whether texts are remembered: above 0
const MINUTE_MS: usize = 16;
const MINUTE: usize = 32; // the bytes of the minute that a time had last
const NAME: usize = 64;
const MEMBER_BYTES: usize = 128;
// A link: the bytes between two values.
const LINK_LENGTH: usize = 64;
const FOLLOWER: usize = 68;
const LINK_BYTES: usize = 80;
const LINK_LENGTH_MAX: i32 = 64;
// An answer: what a member is, and where its text stands or how many decimals its number has.
const FROM: usize = 4;
const TO: usize = 8;
const VALUE: usize = 16;
const ANSWER_BYTES: usize = 32;

// Kinds of members.
const IS_TEXT: i32 = 1;
const IS_TIME: i32 = 2;
const IS_FLAG: i32 = 3;
const IS_INTEGER: i32 = 4;
const IS_DECIMAL: i32 = 5;
const IS_EXTRA: i32 = 6; // not declared: anything plain

// What a member is in an event. From REMEMBERED on: twice the slot of its text, and 1 if the text is new there.
const NULL: i32 = 1;
const SPELT: i32 = 2;
const NUMBER: i32 = 3;
const TIME: i32 = 4;
const TRUE: i32 = 5;
const FALSE: i32 = 6;
const REMEMBERED: i32 = 16;

// Outcomes.
const PLAIN: i32 = 0;
const OTHER: i32 = 1;
const OTHER_TYPE: i32 = 2;
const OTHER_KEY: i32 = 3;

// What stands in place of the next member.
const ENDED: i32 = -1;
const LOST: i32 = -2;
const UNKNOWN: i32 = -3;

const CARD_DIGITS_MIN: usize = 13;
const SLOT_LENGTH_MAX: i32 = 16;
// A field that repeats few of its texts is not looked up again for so many events.
const TRUST_START: i32 = 64;
const TRUST_MAX: i32 = 1024;
const TRUST_NONE: i32 = -16384;

let event: i32 = 0;
let valueAt: usize = 0;

/** Reads the event of so many bytes in the input. */
export function scan(reader: usize, length: i32): i32 {
  event += 1;
  const end = INPUT + <usize>length;
  const members = load<i32>(reader, MEMBERS);
  const table = reader + HEAD_BYTES;
  const links = table + <usize>members * MEMBER_BYTES;
  const answers = links + <usize>(members + 1) * LINK_BYTES;
  for (let a = answers; a < answers + <usize>members * ANSWER_BYTES; a += ANSWER_BYTES) store<i32>(a, 0);
  let at = INPUT;
  let member = members;
  let outcome = OTHER;
  for (;;) {
    const link = links + <usize>member * LINK_BYTES;
    const linkLength = load<i32>(link, LINK_LENGTH);
    if (isLink(link, linkLength, at, end)) {
      at += linkLength;
      member = load<i32>(link, FOLLOWER);
    } else {
      member = find(reader, link, at, end, member == members);
      // The first member is the type.
      if (member == ENDED && load<i32>(answers) != 0) return PLAIN;
      if (member == UNKNOWN) outcome = OTHER_KEY;
      if (member < 0) break;
      at = valueAt;
    }
    const answer = answers + <usize>member * ANSWER_BYTES;
    if (load<i32>(answer) != 0) break;
    const item = table + <usize>member * MEMBER_BYTES;
    switch (load<i32>(item, KIND)) {
      case IS_TEXT: at = readText(item, answer, at, end, load<i32>(item, LENGTH_MAX)); break;
      case IS_TIME: at = readTime(item, answer, at, end); break;
      case IS_FLAG: at = readWord(answer, at, end); break;
      case IS_INTEGER: at = readNumber(answer, at, end); break;
      case IS_DECIMAL: at = readDecimal(answer, at, end); break;
      case IS_EXTRA: at = readAny(answer, at, end); break;
      default:
        at = readType(reader, answer, at, end);
        if (at == 0 && load<i32>(reader, OTHER_TO) != 0) outcome = OTHER_TYPE;
    }
    if (at == 0) break;
  }
  forget(answers, members);
  return outcome;
}

// Texts that are new in an event that is not taken are not made, so they must not be known.
function forget(answers: usize, members: i32): void {
  for (let i: i32 = 0; i < members; i++) {
    const kind = load<i32>(answers + <usize>i * ANSWER_BYTES);
    if (kind >= REMEMBERED && (kind & 1) != 0) v128.store(TEXTS + (<usize>((kind - REMEMBERED) >> 1) << 4), i64x2.splat(0));
  }
}

// The first bytes of 16 as ones.
// @ts-ignore: decorator
@inline
function firstBytes(count: i32): v128 {
  return i8x16.gt_s(i8x16.splat(<i8>count), i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

// Whether the bytes of a link stand there, and a value behind them.
// @ts-ignore: decorator
@inline
function isLink(link: usize, length: i32, at: usize, end: usize): bool {
  if (length == 0 || at + length >= end) return false;
  let i: i32 = 0;
  for (; i + 16 <= length; i += 16) {
    if (v128.any_true(v128.xor(v128.load(at + i), v128.load(link + i)))) return false;
  }
  const isDifferent = v128.xor(v128.load(at + i), v128.load(link + i));
  return !v128.any_true(v128.and(isDifferent, firstBytes(length - i)));
}

// Finds the next member by its key, and makes that the link from the one before.
function find(reader: usize, link: usize, at: usize, end: usize, isFirst: bool): i32 {
  const mark = skipBlanks(at, end);
  if (mark >= end) return LOST;
  const byte = load<u8>(mark);
  if (byte == 0x7d && !isFirst) return skipBlanks(mark + 1, end) == end ? ENDED : LOST;
  if (byte != <u8>(isFirst ? 0x7b : 0x2c)) return LOST;
  const quote = skipBlanks(mark + 1, end);
  if (quote >= end || load<u8>(quote) != 0x22) return LOST;
  const key = quote + 1;
  const keyEnd = plainEnd(key, end);
  const length = <i32>(keyEnd - key);
  if (keyEnd == 0 || length == 0 || length > 64) return LOST;
  const colon = skipBlanks(keyEnd + 1, end);
  const value = skipBlanks(colon + 1, end);
  if (value >= end || load<u8>(colon) != 0x3a) return LOST;
  const names = load<i32>(reader, NAMES);
  for (let i: i32 = 0; i < names; i++) {
    const item = reader + HEAD_BYTES + <usize>i * MEMBER_BYTES;
    if (load<i32>(item, NAME_LENGTH) != length || !isSame(item + NAME, key, length)) continue;
    remember(link, i, at, value);
    valueAt = value;
    return i;
  }
  store<i32>(reader, <i32>key, OTHER_FROM);
  store<i32>(reader, <i32>keyEnd, OTHER_TO);
  return UNKNOWN;
}

function remember(link: usize, member: i32, at: usize, value: usize): void {
  const length = <i32>(value - at);
  store<i32>(link, member, FOLLOWER);
  store<i32>(link, length > LINK_LENGTH_MAX ? 0 : length, LINK_LENGTH);
  for (let i: usize = 0; i < <usize>LINK_LENGTH_MAX; i += 16) v128.store(link + i, v128.load(at + i));
}

// Whether up to 64 bytes are the same.
function isSame(a: usize, b: usize, length: i32): bool {
  let i: i32 = 0;
  for (; i + 16 <= length; i += 16) if (v128.any_true(v128.xor(v128.load(a + i), v128.load(b + i)))) return false;
  return !v128.any_true(v128.and(v128.xor(v128.load(a + i), v128.load(b + i)), firstBytes(length - i)));
}

function skipBlanks(from: usize, end: usize): usize {
  let at = from;
  for (; at < end; at++) {
    const byte = load<u8>(at);
    if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) break;
  }
  return at;
}

// Index of the quote that ends a plain text; 0 if the text is not plain: a control character, a backslash, a byte beyond ASCII, or the
// bracket that the mark of a card number begins with.
// @ts-ignore: decorator
@inline
function plainEnd(from: usize, end: usize): usize {
  for (let at = from; at < end; at += 16) {
    const bytes = v128.load(at);
    const isMark = v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c)));
    const isOther = v128.or(i8x16.eq(bytes, i8x16.splat(0x5b)), i8x16.lt_s(bytes, i8x16.splat(0x20)));
    const found = i8x16.bitmask(v128.or(isMark, isOther));
    if (found == 0) continue;
    const special = at + <usize>ctz(found);
    return special < end && load<u8>(special) == 0x22 ? special : 0;
  }
  return 0;
}

// Each of the following reads the value at a place, notes it in the answer, and gives the place behind it, or 0 if it is not plain.

// A text of a member; of none (0) it is not remembered, since nobody will ask for it.
// @ts-ignore: decorator
@inline
function readText(item: usize, answer: usize, at: usize, end: usize, lengthMax: i32): usize {
  if (load<u8>(at) != 0x22) return readNull(answer, at, end);
  const from = at + 1;
  const to = plainEnd(from, end);
  const length = <i32>(to - from);
  if (to == 0 || length == 0 || length > lengthMax) return 0;
  if (<usize>length >= CARD_DIGITS_MIN && couldHoldCard(from, to)) return 0;
  store<i32>(answer, <i32>from, FROM);
  store<i32>(answer, <i32>to, TO);
  store<i32>(answer, length > SLOT_LENGTH_MAX || item == 0 ? SPELT : slotOf(item, from, length));
  return to + 1;
}

// The slot of a short text, where it is put if it is not there. A slot serves one member of an event: its text may not have been made yet.
// @ts-ignore: decorator
@inline
function slotOf(item: usize, from: usize, length: i32): i32 {
  const trust = load<i32>(item, TRUST);
  if (trust <= 0) {
    store<i32>(item, trust == 0 ? TRUST_START : trust + 1, TRUST);
    return SPELT;
  }
  const text = v128.and(v128.load(from), firstBytes(length));
  const mixed = (i64x2.extract_lane(text, 0) ^ (i64x2.extract_lane(text, 1) * 0x9e3779b97f4a7c15)) * 0xbf58476d1ce4e5b9;
  const slot = <usize>((mixed ^ (mixed >>> 29)) >>> (64 - SLOT_BITS));
  const place = TEXTS + (slot << 4);
  const stamp = STAMPS + (slot << 2);
  if (load<i32>(stamp) == event) return SPELT;
  store<i32>(stamp, event);
  const isKnown = !v128.any_true(v128.xor(v128.load(place), text));
  if (isKnown) {
    store<i32>(item, min(trust + 1, TRUST_MAX), TRUST);
    return REMEMBERED + <i32>(slot << 1);
  }
  store<i32>(item, trust == 1 ? TRUST_NONE : trust - 1, TRUST);
  v128.store(place, text);
  return REMEMBERED + <i32>(slot << 1) + 1;
}

// The same as couldHoldCard in TypeScript: a run of digits, blanks, hyphens and dots with 13 digits or more.
function couldHoldCard(start: usize, end: usize): bool {
  let low = start;
  for (let at = start + CARD_DIGITS_MIN - 1; at < end; at += CARD_DIGITS_MIN) {
    if (!isInNumber(load<u8>(at))) continue;
    let from = at;
    while (from > low && isInNumber(load<u8>(from - 1))) from--;
    let to = at + 1;
    while (to < end && isInNumber(load<u8>(to))) to++;
    let digits: usize = 0;
    for (let i = from; i < to; i++) digits += <usize>isDigit(load<u8>(i));
    if (digits >= CARD_DIGITS_MIN) return true;
    low = to;
    at = to;
  }
  return false;
}

// @ts-ignore: decorator
@inline
function isDigit(byte: u8): bool {
  return byte - 0x30 <= 9;
}

// @ts-ignore: decorator
@inline
function isInNumber(byte: u8): bool {
  return isDigit(byte) || byte == 0x20 || byte == 0x2d || byte == 0x2e;
}

function readType(reader: usize, answer: usize, at: usize, end: usize): usize {
  store<i32>(reader, 0, OTHER_TO);
  if (load<u8>(at) != 0x22) return 0;
  const from = at + 1;
  const to = plainEnd(from, end);
  if (to == 0) return 0;
  const length = <i32>(to - from);
  if (length == load<i32>(reader, TYPE_LENGTH) && isSame(reader + TYPE_NAME, from, length)) {
    store<i32>(answer, TRUE);
    return to + 1;
  }
  store<i32>(reader, <i32>from, OTHER_FROM);
  store<i32>(reader, <i32>to, OTHER_TO);
  return 0;
}

function readAny(answer: usize, at: usize, end: usize): usize {
  const byte = load<u8>(at);
  if (byte == 0x22) return readText(0, answer, at, end, i32.MAX_VALUE);
  return byte == 0x2d || isDigit(byte) ? readNumber(answer, at, end) : readWord(answer, at, end);
}

function readNull(answer: usize, at: usize, end: usize): usize {
  if (at + 4 > end || load<u32>(at) != 0x6c6c756e) return 0;
  store<i32>(answer, NULL);
  return at + 4;
}

function readWord(answer: usize, at: usize, end: usize): usize {
  if (at + 5 > end) return 0;
  const word = load<u32>(at);
  if (word == 0x65757274) {
    store<i32>(answer, TRUE);
    return at + 4;
  }
  if (word != 0x736c6166 || load<u8>(at + 4) != 0x65) return readNull(answer, at, end);
  store<i32>(answer, FALSE);
  return at + 5;
}

// A JSON number of at most 12 bytes without exponent: too short for a card number. Its digits without the point, and how many were behind it.
function readNumber(answer: usize, at: usize, end: usize): usize {
  const stop = min(end, at + CARD_DIGITS_MIN);
  const first = at + <usize>(load<u8>(at) == 0x2d);
  let digits: i64 = 0;
  let point: usize = 0;
  let next = first;
  for (; next < stop; next++) {
    const byte = load<u8>(next);
    if (isDigit(byte)) digits = digits * 10 + (byte - 0x30);
    else if (byte == 0x2e && point == 0) point = next;
    else break;
  }
  if (next == at) return readNull(answer, at, end);
  const whole = (point == 0 ? next : point) - first;
  const isBroken = whole < 1 || (whole > 1 && load<u8>(first) == 0x30) || point == next - 1;
  if (isBroken || next == stop) return 0;
  store<i32>(answer, NUMBER);
  store<i32>(answer, point == 0 ? 0 : <i32>(next - point - 1), FROM);
  store<f64>(answer, <f64>(first == at ? digits : -digits), VALUE);
  return next;
}

function readDecimal(answer: usize, at: usize, end: usize): usize {
  if (load<u8>(at) != 0x22) return readNumber(answer, at, end);
  const next = readNumber(answer, at + 1, end);
  return next != 0 && load<i32>(answer) == NUMBER && load<u8>(next) == 0x22 ? next + 1 : 0;
}

let isBad: bool = false;

// Two digits; notes if they are none.
// @ts-ignore: decorator
@inline
function pair(at: usize): i32 {
  const tens = load<u8>(at) - 0x30;
  const ones = load<u8>(at + 1) - 0x30;
  isBad = isBad || tens > 9 || ones > 9;
  return <i32>tens * 10 + <i32>ones;
}

// A time such as 2026-01-31T23:59:59.999Z, with up to nine digits of a second or none, and +00:00 in place of Z.
function readTime(item: usize, answer: usize, at: usize, end: usize): usize {
  if (load<u8>(at) != 0x22) return readNull(answer, at, end);
  const from = at + 1;
  const isMinute = !v128.any_true(v128.xor(v128.load(from), v128.load(item + MINUTE)));
  if (!isMinute && !learnMinute(item, from)) return 0;
  isBad = load<u8>(from + 16) != 0x3a;
  const second = pair(from + 17);
  let next = from + 19;
  let ms: i32 = 0;
  if (load<u8>(next) == 0x2e) {
    const first = next + 1;
    let unit: i32 = 100;
    for (next = first; isDigit(load<u8>(next)) && next < first + 10; next++) {
      ms += <i32>(load<u8>(next) - 0x30) * unit;
      unit /= 10;
    }
    isBad = isBad || next == first || next > first + 9;
  }
  if (load<u8>(next) == 0x5a) next += 1;
  else if (load<u32>(next) == 0x3a30302b && load<u16>(next + 4) == 0x3030) next += 6;
  else return 0;
  if (isBad || second > 59 || next >= end || load<u8>(next) != 0x22) return 0;
  store<i32>(answer, TIME);
  store<f64>(answer, load<f64>(item, MINUTE_MS) + <f64>(second * 1000 + ms), VALUE);
  return next + 1;
}

// Epoch ms of a minute from 2000 to 2099.
function learnMinute(item: usize, from: usize): bool {
  isBad = load<u8>(from + 4) != 0x2d || load<u8>(from + 7) != 0x2d || load<u8>(from + 10) != 0x54 || load<u8>(from + 13) != 0x3a;
  const years = pair(from) * 100 + pair(from + 2) - 2000;
  const month = pair(from + 5);
  const day = pair(from + 8);
  const hour = pair(from + 11);
  const minute = pair(from + 14);
  if (isBad || years < 0 || years > 99 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59) return false;
  if (day > daysOf(month, years)) return false;
  let days = 10957 + years * 365 + ((years + 3) >> 2) + day - 1;
  for (let before: i32 = 1; before < month; before++) days += daysOf(before, years);
  v128.store(item + MINUTE, v128.load(from));
  store<f64>(item, <f64>days * 86400000.0 + <f64>(hour * 3600000 + minute * 60000), MINUTE_MS);
  return true;
}

// Every fourth year from 2000 to 2099 is a leap year.
function daysOf(month: i32, years: i32): i32 {
  if (month == 2) return (years & 3) == 0 ? 29 : 28;
  return 30 + ((month + (month >> 3)) & 1);
}
