/** Where things are in the scanner's memory, in bytes; scanner.as has the same. */
export const AREA = { input: 0x10000, inputEnd: 0x18000, readers: 0x48000 } as const;

/** Longest event that fits its area, with room behind it for reads of 16 bytes. */
export const INPUT_BYTES_MAX = AREA.inputEnd - AREA.input - 64;

/** Texts that are remembered at most. */
export const SLOTS = 1 << 13;

/** Head of a reader. */
export const HEAD = { members: 0, names: 4, typeLength: 8, otherFrom: 12, otherTo: 16, typeName: 64, bytes: 128 } as const;

/** A member of an event type. */
export const MEMBER = { kind: 0, lengthMax: 4, nameLength: 8, trust: 12, name: 64, bytes: 128 } as const;

/** Longest name of a type or member. */
export const NAME_BYTES_MAX = 64;

/** The link from a member to the next. */
export const LINK_BYTES = 80;

/** What a scan found a member to be. */
export const ANSWER = { kind: 0, from: 4, to: 8, decimals: 4, value: 16, bytes: 32 } as const;

/** Kinds of members: how they are read. */
export const READ_AS = { type: 0, text: 1, time: 2, flag: 3, integer: 4, decimal: 5, extra: 6 } as const;

/** Kinds of answers. From `remembered` on: twice the slot of a text, and 1 if it is new there. */
export const FOUND = { absent: 0, null: 1, spelt: 2, number: 3, time: 4, true: 5, false: 6, remembered: 16 } as const;

/** Outcomes of a scan. */
export const OUTCOME = { plain: 0, other: 1, otherType: 2, otherKey: 3 } as const;
