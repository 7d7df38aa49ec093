import type { Span } from './nodes.ts';

/** An expression that cannot be compiled: where, why, and what would do. */
export class CelError extends Error {
  override readonly name = 'CelError';
  /** What is wrong, in one line without the expression. */
  readonly what: string;
  /** What is allowed in its place. */
  readonly allowed: string;
  readonly span: Span;
  /** It is CEL, but of the part that is left out here. */
  readonly isLeftOut: boolean;

  constructor(text: string, span: Span, fault: { readonly what: string; readonly allowed: string; readonly isLeftOut?: boolean }) {
    super(picture(text, span, `${fault.what}; allowed: ${fault.allowed}`));
    this.what = fault.what;
    this.allowed = fault.allowed;
    this.span = span;
    this.isLeftOut = fault.isLeftOut ?? false;
  }
}

/** `line 2, column 7`, both from 1. */
export function placeOf(text: string, { start }: Span): string {
  const before = text.slice(0, start).split('\n');
  return `line ${before.length}, column ${[...(before.at(-1) ?? '')].length + 1}`;
}

/** The line of a fault with a caret under what is meant. */
function picture(text: string, span: Span, what: string): string {
  const lineStart = text.lastIndexOf('\n', span.start - 1) + 1;
  const lineEnd = text.indexOf('\n', span.start);
  const line = text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd);
  const gap = [...line.slice(0, span.start - lineStart)].map((letter) => (letter === '\t' ? '\t' : ' ')).join('');
  const width = Math.max(1, [...line.slice(span.start - lineStart, span.end - lineStart)].length);
  return `${placeOf(text, span)}: ${what}\n  ${line}\n  ${gap}${'^'.repeat(width)}`;
}

/** The known name that is nearest to what somebody wrote; undefined if none is near. */
export function nearestName(written: string, known: Iterable<string>): string | undefined {
  const names = [...known];
  const longer = names.filter((name) => name.startsWith(`${written}_`));
  if (longer.length > 0) return longer[0];
  let [best, bestSteps] = [undefined as string | undefined, Math.max(2, Math.floor(written.length / 3)) + 1];
  for (const name of names) {
    const steps = editSteps(written, name);
    if (steps < bestSteps) [best, bestSteps] = [name, steps];
  }
  return best;
}

/** Letters to add, drop, change or swap with their neighbour so that one text becomes the other (optimal string alignment). */
function editSteps(a: string, b: string): number {
  let [before, row] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      next.push(least);
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}
