import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Violation } from './laws.ts';
import { type FuzzInput, PIPELINES } from './pipelines.ts';

/** Inputs that once broke a law, one file each; they are tried again in every test run. */
export const FOUND_DIR = join(import.meta.dirname, 'found');

/** One kept input. */
export interface FoundCase extends Violation {
  readonly pipeline: FuzzInput['pipeline'];
  readonly hex: string;
}

/** Writes an input and the law it broke; the path of the file. */
export function keepFound({ pipeline, data }: FuzzInput, { law, what }: Violation, dir: string = FOUND_DIR): string {
  const found: FoundCase = { law, what, pipeline, hex: Buffer.from(data).toString('hex') };
  const digest = createHash('sha256').update(found.hex).digest('hex').slice(0, 8);
  const path = join(dir, `${law.replace(/\W+/g, '-').toLowerCase()}-${digest}.json`);
  mkdirSync(dir, { recursive: true });
  writeFileSync(path, `${JSON.stringify(found, undefined, 2)}\n`);
  return path;
}

/** All kept inputs with their file names. Throws on a file that is none. */
export function foundCases(dir: string = FOUND_DIR): { readonly name: string; readonly law: string; readonly input: FuzzInput }[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => {
      const { law, pipeline, hex } = JSON.parse(readFileSync(join(dir, name), 'utf8')) as FoundCase;
      if (!Object.hasOwn(PIPELINES, pipeline)) throw new Error(`${name}: pipeline ${pipeline} is not fuzzed`);
      return { name, law, input: { pipeline, data: Buffer.from(hex, 'hex') } };
    });
}
