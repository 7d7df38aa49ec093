import type { Result } from './measure.ts';

/** Estimates of different sketches lie this close to each other when they are summed over thousands of groups. */
const NEAR = 0.01;

/** What differs between two results, one line for each difference; nothing for ways that did the same. Of one that did a part, only that is looked at. */
export function differencesOf(ours: Result, theirs: Result, isPart = false): string[] {
  const names = new Set([...(isPart ? [] : Object.keys(ours.exact)), ...Object.keys(theirs.exact)]);
  const exact = [...names].filter((name) => ours.exact[name] !== theirs.exact[name]).map((name) => line(name, ours.exact, theirs.exact));
  const nearNames = new Set([...(isPart ? [] : Object.keys(ours.near ?? {})), ...Object.keys(theirs.near ?? {})]);
  const near = [...nearNames].filter((name) => !isNear(ours.near?.[name], theirs.near?.[name]));
  return [...exact, ...near.map((name) => line(name, ours.near ?? {}, theirs.near ?? {}))];
}

function isNear(a: number | undefined, b: number | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return Math.abs(a - b) <= NEAR * Math.max(Math.abs(a), Math.abs(b));
}

function line(name: string, ours: Readonly<Record<string, unknown>>, theirs: Readonly<Record<string, unknown>>): string {
  return `${name}: ${String(ours[name] ?? 'nothing')} against ${String(theirs[name] ?? 'nothing')}`;
}
