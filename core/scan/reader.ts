import { asciiText } from './ascii.ts';
import { ANSWER, FOUND, HEAD, INPUT_BYTES_MAX, LINK_BYTES, MEMBER, NAME_BYTES_MAX, READ_AS, SLOTS } from './layout.ts';
import { memory, reserve, scan } from './machine.ts';

/** A member that the scanner looks for. */
export interface ScannedMember {
  readonly name: string;
  readonly kind: keyof typeof READ_AS;
  /** Longest text, UTF-16 units. */
  readonly lengthMax: number;
}

/** Members that no event type declares but events have: known from when they first came, and read over. */
export const EXTRAS_MAX = 32;

/** Remembered texts by their slots. */
export const texts: string[] = Array.from({ length: SLOTS }, () => '');

/** A reader of events of one type, in the scanner's memory. */
export class ScanReader {
  /** Where the answers begin, in words. */
  readonly answers: number;
  readonly #head: number;
  readonly #members: number;
  #names: number;

  /** `members`: the type first. All names at most `NAME_BYTES_MAX` long. */
  constructor(type: string, members: readonly ScannedMember[]) {
    this.#members = members.length + EXTRAS_MAX;
    this.#names = 0;
    const links = HEAD.bytes + this.#members * MEMBER.bytes;
    const answers = links + (this.#members + 1) * LINK_BYTES;
    this.#head = reserve(answers + this.#members * ANSWER.bytes);
    this.answers = (this.#head + answers) / 4;
    this.#set(HEAD.members, this.#members);
    this.#set(HEAD.typeLength, type.length);
    memory.bytes.set(Buffer.from(type), this.#head + HEAD.typeName);
    for (const member of members) this.#add(member);
  }

  /** Scans an event: its outcome. Answers stand until the next event is scanned. */
  scan(event: Uint8Array): number {
    return event.length > INPUT_BYTES_MAX ? 1 : scan(this.#head, event);
  }

  /** The type or key that made the event scanned last another one. */
  otherText(): string {
    return asciiText(memory.bytes, this.#get(HEAD.otherFrom), this.#get(HEAD.otherTo));
  }

  /** From now on members of this name are read over; false if there are too many. */
  ignore(name: string): boolean {
    if (this.#names === this.#members || name.length > NAME_BYTES_MAX) return false;
    this.#add({ name, kind: 'extra', lengthMax: 0 });
    return true;
  }

  #add({ name, kind, lengthMax }: ScannedMember): void {
    const at = HEAD.bytes + this.#names * MEMBER.bytes;
    this.#set(at + MEMBER.kind, READ_AS[kind]);
    this.#set(at + MEMBER.lengthMax, lengthMax);
    this.#set(at + MEMBER.nameLength, name.length);
    memory.bytes.set(Buffer.from(name), this.#head + at + MEMBER.name);
    this.#names += 1;
    this.#set(HEAD.names, this.#names);
  }

  #get(at: number): number {
    return memory.words[(this.#head + at) / 4] as number;
  }

  #set(at: number, value: number): void {
    memory.words[(this.#head + at) / 4] = value;
  }
}

/** The text of an answer that is spelt out or new: as a string of its own, remembered if it has a slot. */
export function textAt(answer: number): string {
  const { bytes, words } = memory;
  const kind = words[answer] as number;
  const text = asciiText(bytes, words[answer + ANSWER.from / 4] as number, words[answer + ANSWER.to / 4] as number);
  if (kind >= FOUND.remembered) texts[(kind - FOUND.remembered) >> 1] = text;
  return text;
}
