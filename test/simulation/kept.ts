import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Limits } from './limits.ts';

/** A schedule that failed once and is played in every run since. */
export interface KeptCase {
  readonly seed: number;
  readonly limits: Partial<Limits>;
  /** Mutant that brings the bug back, where it has one. */
  readonly mutant?: string;
  /** What was wrong then. */
  readonly found: readonly string[];
}

const FOLDER = fileURLToPath(new URL('./kept/', import.meta.url));

/** Reads the kept cases, by file name. */
export function keptCases(): KeptCase[] {
  if (!existsSync(FOLDER)) return [];
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => JSON.parse(readFileSync(`${FOLDER}${name}`, 'utf8')) as KeptCase);
}

/** Keeps a failing schedule; returns its file. */
export function keep(one: KeptCase): string {
  mkdirSync(FOLDER, { recursive: true });
  const file = `${FOLDER}${one.mutant?.replaceAll(/\W+/g, '-') ?? `seed-${one.seed}`}.json`;
  writeFileSync(file, `${JSON.stringify(one, null, 2)}\n`);
  return file;
}
