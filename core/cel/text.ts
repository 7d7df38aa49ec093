const ESCAPE = /\\(?:([abfnrtv\\'"`?])|x([0-9a-fA-F]{2})|X([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([\s\S]))/g;
const LETTERS: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** What a text with escapes means; undefined if an escape is none, or names no character. */
export function unescapeText(text: string): string | undefined {
  let isRight = true;
  const value = text.replaceAll('\r\n', '\n').replace(ESCAPE, (_, letter?: string, ...codes: (string | undefined)[]) => {
    if (letter !== undefined) return LETTERS[letter] ?? letter;
    const octal = codes[4];
    const hex = codes.slice(0, 4).find((code) => code !== undefined);
    const point = octal === undefined ? Number.parseInt(hex ?? '', 16) : Number.parseInt(octal, 8);
    if (!Number.isInteger(point) || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
      isRight = false;
      return '';
    }
    return String.fromCodePoint(point);
  });
  return isRight ? value : undefined;
}

/** Order of two texts by code points, as CEL has it: UTF-16 units put emoji before the last letters. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Number of code points. */
export function textSize(text: string): number {
  let size = 0;
  for (const _ of text) size += 1;
  return size;
}
